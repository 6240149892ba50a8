import type { ContainerFacts } from '../access/docker';
import type { ServerReport } from '../access/server-report';
import { backupContainerAmong } from './backup-container';

/** Sentences on a backup container that takes no backups; the data server knows that it should have one. */
export function backupWarnings(containers: readonly ContainerFacts[], servers: readonly ServerReport[]): string[] {
  if (servers.every(({ status }) => status?.backup === undefined)) return [];
  const found = backupContainerAmong(containers);
  if (!found) return ['no backups are taken: their container is gone'];
  const { Status: status, Running: running, Paused: paused } = found.State;
  return running && !paused ? [] : [`no backups are taken: ${found.Name.slice(1)} does not run (${status})`];
}
