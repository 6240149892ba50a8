import { setTimeout } from 'node:timers/promises';
import { BACKUP_NAME } from '../../contract/backup';
import { LABELS } from '../../contract/contract';
import { containerName } from '../../contract/names';
import { execIn } from '../access/container';
import type { ContainerFacts } from '../access/docker';
import { placesOf } from '../access/endpoints';
import { findContainers, newestOf } from '../access/servers';
import { lookAtSwarm } from '../swarm/swarm-look';
import { UserError } from '../terminal';

/** A backup of a large database takes its time. */
const DAY_SEC = 86_400;

/** A swarm starts tasks when it likes, and a node pulls the image first. */
const SWARM_START_SEC = 120;

/** The container that takes a cluster's backups, running or not. */
export function backupContainerAmong(containers: readonly ContainerFacts[]): ContainerFacts | undefined {
  return newestOf(containers.filter(({ Config: { Labels: labels } }) => labels[LABELS.role] === BACKUP_NAME));
}

/** @throws UserError when the cluster has none, or it does not run */
export async function requireBackupContainer(cluster: string): Promise<ContainerFacts> {
  const isService = await hasBackupService(cluster);
  const end = Date.now() + (isService ? SWARM_START_SEC * 1000 : 0);
  for (;;) {
    const found = backupContainerAmong(await findContainers(cluster));
    if (found?.State.Running && !found.State.Paused) return found;
    if (Date.now() >= end) throw new UserError(whyNoBackups(cluster, found, isService));
    await setTimeout(500);
  }
}

async function hasBackupService(cluster: string): Promise<boolean> {
  if (!placesOf(cluster).isSwarm) return false;
  return (await lookAtSwarm(cluster)).services.some(({ role }) => role === BACKUP_NAME);
}

/** @param isService Whether a swarm is to run it. */
export function whyNoBackups(cluster: string, found: ContainerFacts | undefined, isService: boolean): string {
  const why = `docker service ps --no-trunc ${containerName(cluster, BACKUP_NAME)} on a manager says why`;
  if (!found && isService) return `nothing takes the backups of the cluster '${cluster}'; ${why}`;
  if (!found)
    return `the cluster '${cluster}' takes no backups here: set 'backupRepository' and 'backupPasswordFile' and run ./ecp up (docs/backup.md)`;
  const { Name: name, State: state } = found;
  return `${name.slice(1)} does not run (${state.Status}); ${isService ? why : './ecp up starts it'}`;
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
