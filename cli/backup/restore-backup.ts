import { DATA_SERVER_NAME } from '../../contract/contract';
import { dataVolumeName } from '../../contract/names';
import { startContainer, stopContainer } from '../access/container';
import { requireServer } from '../access/servers';
import { awaitNormal } from '../cluster-report';
import { UserError, step } from '../terminal';
import { askBackups, requireBackupContainer } from './backup-container';
import { faultOf, restoreDatabase, type Throwaway } from './throwaway';

/** Which backup, and where to. */
export interface RestoreRequest {
  readonly cluster: string;
  /** `newest` or an id. */
  readonly id: string;
  /** Point in time: an ISO time in whole seconds. */
  readonly to?: string;
}

const NORMAL_WITHIN_SEC = 300;

/**
 * Replaces a running cluster's data with a backup. What was there stays beside it until the data server is Normal.
 *
 * @throws UserError when it fails; then the data is what it was, unless the sentence says otherwise
 */
export async function restoreInPlace({ cluster, id, to }: RestoreRequest): Promise<void> {
  const container = await requireBackupContainer(cluster);
  const server = await requireServer(cluster, DATA_SERVER_NAME);
  const target: Throwaway = { cluster, server, dataVolume: 'own' };
  const fetched = await fetchBackup({ cluster, id, to });
  try {
    await step('Stop the data server', () => stopContainer(server.facts));
    const aside = await step(`Restore ${fetched}`, async () => {
      const result = await restoreDatabase(target, ['place', fetched, ...(to === undefined ? [] : [to])]);
      if (result.code === 0) return result.stdout.trim();
      await startContainer(server.facts);
      throw new UserError(`nothing was changed: ${faultOf(result)}`);
    });
    const where = `${aside} of the volume ${dataVolumeName(cluster)}`;
    console.log(`  the data of before is kept in ${where.replace('/durable/', '')}`);
    await startContainer(server.facts);
    await step('Ask every server', async progress => {
      const { servers } = await awaitNormal(cluster, NORMAL_WITHIN_SEC, progress);
      const waiting = servers.filter(({ state }) => state !== 'Normal');
      if (waiting.length === 0) return;
      const words = waiting.map(each => `${each.server.name} is ${each.state} (${each.reason})`).join(', ');
      throw new UserError(`${words}; the data of before is still in ${where.replace('/durable/', '')}`);
    });
    await restoreDatabase(target, ['forget', aside]);
  } finally {
    await askBackups(container, ['cleanup']);
  }
}

/** Fills the data volume of a cluster that is not there yet; its own deploy gives it certificates of its own. */
export async function restoreInto({ cluster, id, to }: RestoreRequest, into: string): Promise<void> {
  const container = await requireBackupContainer(cluster);
  const server = await requireServer(cluster, DATA_SERVER_NAME);
  const fetched = await fetchBackup({ cluster, id, to });
  try {
    await step(`Restore ${fetched} into ${dataVolumeName(into)}`, async () => {
      const target = { cluster, server, dataVolume: dataVolumeName(into) };
      const result = await restoreDatabase(target, ['into', fetched, ...(to === undefined ? [] : [to])]);
      if (result.code !== 0) throw new UserError(`nothing was restored: ${faultOf(result)}`);
    });
  } finally {
    await askBackups(container, ['cleanup']);
  }
}

async function fetchBackup({ cluster, id, to }: RestoreRequest): Promise<string> {
  const container = await requireBackupContainer(cluster);
  const args = ['fetch', id, ...(to === undefined ? [] : [to])];
  return step('Fetch the backup', async () => (await askBackups(container, args)).trim());
}
