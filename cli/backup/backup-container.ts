import { BACKUP_NAME } from '../../contract/backup';
import { LABELS } from '../../contract/contract';
import { execIn } from '../access/container';
import type { ContainerFacts } from '../access/docker';
import { findContainers } from '../access/servers';
import { UserError } from '../terminal';

/** A backup of a large database takes its time. */
const DAY_SEC = 86_400;

/** The container that takes a cluster's backups, running or not. */
export function backupContainerAmong(containers: readonly ContainerFacts[]): ContainerFacts | undefined {
  return containers.find(({ Config: { Labels: labels } }) => labels[LABELS.role] === BACKUP_NAME);
}

/** @throws UserError when the cluster has none, or it does not run */
export async function requireBackupContainer(cluster: string): Promise<ContainerFacts> {
  const found = backupContainerAmong(await findContainers(cluster));
  if (!found)
    throw new UserError(
      `the cluster '${cluster}' takes no backups here: set 'backupRepository' and 'backupPasswordFile' and run ./ecp up (docs/backup.md)`,
    );
  if (found.State.Running && !found.State.Paused) return found;
  throw new UserError(`${found.Name.slice(1)} does not run (${found.State.Status}); ./ecp up starts it`);
}

/**
 * Runs `ecp-backup` in it.
 *
 * @returns what it printed
 * @throws UserError with its sentence when it fails
 */
export async function askBackups(container: ContainerFacts, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await execIn(container, ['ecp-backup', ...args], { timeoutSec: DAY_SEC });
  if (code === 0) return stdout;
  const words = stderr.trim().replace(/^ecp-backup: (error: )?/gm, '');
  throw new UserError(words || `ecp-backup ${args[0]} ended with ${code}`, code === 2 ? 2 : 1);
}
