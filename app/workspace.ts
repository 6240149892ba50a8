import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { SettingsError } from './settings';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where Terraform keeps what it knows of a stack's folder. */
export function dataDirectoryOf(environment: Environment, stackDirectory: string): string {
  return resolve(stackDirectory, environment.TF_DATA_DIR || '.terraform');
}

/**
 * Each cluster has a state of its own already. In another workspace Terraform would keep a second one below the output folder, and what runs
 * would look like leftovers.
 *
 * @throws SettingsError when a workspace is set or selected.
 */
export function requireDefaultWorkspace(environment: Environment, stackDirectory: string): void {
  const set = environment.TF_WORKSPACE;
  const instead = "name another cluster with 'cluster' (ECP_CLUSTER) instead";
  if (set !== undefined && set !== '' && set !== 'default')
    throw new SettingsError(
      `'TF_WORKSPACE' must be unset or 'default', since each cluster has a Terraform state of its own, got '${set}'; unset it, and ${instead}`,
    );
  // The variable wins over what was selected.
  if (set === 'default') return;
  const file = join(dataDirectoryOf(environment, stackDirectory), 'environment');
  const selected = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
  if (selected === '' || selected === 'default') return;
  throw new SettingsError(
    `the selected Terraform workspace must be 'default', since each cluster has a Terraform state of its own, got '${selected}'; run 'terraform workspace select default' in '${stackDirectory}', and ${instead}`,
  );
}
