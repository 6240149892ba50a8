import { DATA_SERVER_NAME } from '../../contract/contract';
import { dataVolumeName } from '../../contract/names';
import { startContainer, stopContainer } from '../access/container';
import { requireServer, type Server } from '../access/servers';
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
export function restoreInPlace(request: RestoreRequest): Promise<void> {
  const { cluster } = request;
  return whileFetched(request, async (fetched, server) => {
    const target: Throwaway = { cluster, server, dataVolume: 'own' };
    await step('Stop the data server', () => stopContainer(server.facts));
    const aside = await step(`Restore ${fetched}`, async () => {
      const result = await restoreDatabase(target, ['place', fetched, ...timeOf(request)]);
      if (result.code === 0) return result.stdout.trim();
      await startContainer(server.facts);
      throw new UserError(`nothing was changed: ${faultOf(result)}`);
    });
    const where = `${aside} of the volume ${dataVolumeName(cluster)}`.replace('/durable/', '');
    console.log(`  the data of before is kept in ${where}`);
    await startContainer(server.facts);
    await step('Ask every server', async progress => {
      const { servers } = await awaitNormal(cluster, NORMAL_WITHIN_SEC, progress);
      const waiting = servers.filter(({ state }) => state !== 'Normal');
      if (waiting.length === 0) return;
      const words = waiting.map(each => `${each.server.name} is ${each.state} (${each.reason})`).join(', ');
      throw new UserError(`${words}; the data of before is still in ${where}`);
    });
    await restoreDatabase(target, ['forget', aside]);
  });
}

/** Fills the data volume of a cluster that is not there yet; its own deploy gives it certificates of its own. */
export function restoreInto(request: RestoreRequest, into: string): Promise<void> {
  return whileFetched(request, (fetched, server) =>
    step(`Restore ${fetched} into ${dataVolumeName(into)}`, async () => {
      const target = { cluster: request.cluster, server, dataVolume: dataVolumeName(into) };
      const result = await restoreDatabase(target, ['into', fetched, ...timeOf(request)]);
      if (result.code !== 0) throw new UserError(`nothing was restored: ${faultOf(result)}`);
    }),
  );
}

/** Works on a backup while it is out of the repository, and clears it away, however that ends. */
async function whileFetched(
  request: RestoreRequest,
  work: (fetched: string, server: Server) => Promise<void>,
): Promise<void> {
  const container = await requireBackupContainer(request.cluster);
  const server = await requireServer(request.cluster, DATA_SERVER_NAME);
  const args = ['fetch', request.id, ...timeOf(request)];
  const fetched = await step('Fetch the backup', async () => (await askBackups(container, args)).trim());
  try {
    await work(fetched, server);
  } finally {
    await askBackups(container, ['cleanup']);
  }
}

function timeOf({ to }: RestoreRequest): string[] {
  return to === undefined ? [] : [to];
}
