import { join, resolve } from 'node:path';
import { PROJECT } from './folders';

/** Where the state of a cluster lies that the app in main.ts deployed, if it is on this machine. */
export function stateFileOf(
  environment: Readonly<Record<string, string | undefined>>,
  cluster: string,
  engine: string,
): string {
  return join(stateDirectoryOf(environment), `${cluster}-${engine}.tfstate`);
}

/** Folder of all states. */
export function stateDirectoryOf(environment: Readonly<Record<string, string | undefined>>): string {
  return resolve(PROJECT, environment.ECP_STATE_DIR ?? '.state');
}
