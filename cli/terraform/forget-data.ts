import { stripVTControlCharacters } from 'node:util';
import { dataVolumes } from '../../app/data-volumes';
import { planEnvironment } from '../machine/terraform';
import { run } from '../process';
import { UserError } from '../terminal';
import { readStack } from './stack-file';
import { PATIENCE_SEC } from './state-lock';
import type { Workspace } from './terraform';

/**
 * Lets the state forget the data volume, so that no plan removes it.
 *
 * @returns whether the state knew it
 */
export async function forgetDataVolume(workspace: Workspace, stateFile: string, cluster: string): Promise<boolean> {
  return forget(workspace, stateFile, addressesInState(stateFile, cluster));
}

/**
 * As `forgetDataVolume`, but only what the next plan could remove or replace: a volume that is no longer in the stack or at another
 * address, is tainted, or was to be replaced before. One that belongs to the stack is adopted again by that plan.
 */
export async function keepDataVolume(workspace: Workspace, stateFile: string, cluster: string): Promise<boolean> {
  const inStack = Object.keys(readStack(workspace.directory).resource.docker_volume ?? {});
  const known = new Set(inStack.map(name => `docker_volume.${name}`));
  const atRisk = dataVolumes(stateFile, cluster).filter(({ address, isWhole }) => !known.has(address) || !isWhole);
  return forget(
    workspace,
    stateFile,
    atRisk.map(({ address }) => address),
  );
}

function addressesInState(stateFile: string, cluster: string): string[] {
  return dataVolumes(stateFile, cluster).map(({ address }) => address);
}

async function forget(workspace: Workspace, stateFile: string, addresses: readonly string[]): Promise<boolean> {
  if (addresses.length === 0) return false;
  // Where the state's own backup is: in the stack's folder, which is the default, nobody looks for keys.
  const options = [`-lock-timeout=${PATIENCE_SEC}s`, `-backup=${stateFile}.backup`];
  const result = await run(workspace.terraform, ['state', 'rm', ...options, ...addresses], {
    cwd: workspace.directory,
    env: planEnvironment(),
  });
  if (result.code !== 0)
    throw new UserError(`terraform state rm failed:\n${stripVTControlCharacters(result.stderr).trim()}`);
  return true;
}
