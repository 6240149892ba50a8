import { readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { dataDirectoryOf } from '../../app/workspace';
import { UserError } from '../terminal';

type Environment = Readonly<Record<string, string | undefined>>;

/** Options of Terraform that change how it works, and not what it does or where it keeps the state. */
const HARMLESS = /^(-no-color|-compact-warnings|-input=false|-(lock-timeout|parallelism|plugin-dir)=\S*)$/;

/**
 * `./ecp` removes what the state does not know, so it must know what Terraform does and where it keeps the state.
 *
 * @throws UserError when a variable gives Terraform options of its own, or has it encrypt the state.
 */
export function requirePlainTerraform(environment: Environment): void {
  for (const [name, value = ''] of Object.entries(environment)) {
    if (!/^TF_CLI_ARGS(_|$)/.test(name)) continue;
    const option = value.split(/\s+/).find(word => word !== '' && !HARMLESS.test(word));
    if (option !== undefined)
      throw new UserError(
        `'${name}' must hold nothing but -no-color, -compact-warnings, -input=false, -lock-timeout=…, -parallelism=… and -plugin-dir=… for ./ecp, got '${option}'; unset it, or run Terraform yourself (docs/deploy.md)`,
      );
  }
  if (environment.TF_ENCRYPTION)
    throw new UserError(
      `'TF_ENCRYPTION' must be unset for ./ecp, which could not tell the cluster's containers from leftovers in an encrypted state; unset it, or deploy with plain cdktf`,
    );
}

/**
 * Looks where Terraform keeps the state of an initialized folder: what it noted itself.
 *
 * @throws UserError when that is not the file that `./ecp` reads, as with an override file in the stack's folder.
 */
export function requireStatePlace(environment: Environment, stackDirectory: string, stateFile: string): void {
  const { type, config } = backendIn(notedBackendOf(environment, stackDirectory));
  const path =
    type === 'local' ? resolve(realpathSync(stackDirectory), config?.path ?? 'terraform.tfstate') : undefined;
  if (path !== undefined && physical(path) === physical(stateFile)) return;
  const where = path === undefined ? `with the backend '${type}'` : `in '${path}'`;
  throw new UserError(
    `Terraform must keep the state in '${stateFile}', and keeps it ${where}: remove what says so from '${stackDirectory}' (an override file, or -backend-config of an earlier init), or deploy with plain cdktf`,
  );
}

/** The file in which an init notes where the state is. */
export function notedBackendOf(environment: Environment, stackDirectory: string): string {
  return join(dataDirectoryOf(environment, stackDirectory), 'terraform.tfstate');
}

/** Without a note, or with half of one, Terraform would use a file of its own name. */
function backendIn(file: string): {
  readonly type: string;
  readonly config?: { readonly path?: string | null } | null;
} {
  try {
    const { backend } = JSON.parse(readFileSync(file, 'utf8')) as { readonly backend?: ReturnType<typeof backendIn> };
    return backend ?? { type: 'local' };
  } catch {
    return { type: 'local' };
  }
}

/** A path without links, also of a file that is not there yet. */
function physical(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(physical(parent), basename(path));
  }
}
