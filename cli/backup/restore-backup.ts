import { LABELS } from '../../contract/contract';
import { IRIS } from '../../contract/engines';
import { dataVolumeName } from '../../contract/names';
import { execIn } from '../access/container';
import { placesOf } from '../access/endpoints';
import { dataVolumeOf, type Server } from '../access/servers';
import { awaitNormal } from '../cluster-report';
import type { ProcessResult } from '../process';
import { UserError, step } from '../terminal';
import { askBackups, requireBackupContainer } from './backup-container';
import { requireDataServer, stopDataServer } from './data-server-rest';
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
const FORGET_SEC = 600;

/** `restore-database` says so, or was killed. */
const CUT_SHORT: readonly number[] = [3, 137];

/**
 * Replaces a running cluster's data with a backup. What was there stays beside it until the data server is Normal.
 *
 * @throws UserError when it fails; then the data is what it was, unless the sentence says otherwise
 */
export function restoreInPlace(request: RestoreRequest): Promise<void> {
  const { cluster } = request;
  return whileFetched(request, async (fetched, server, clear) => {
    const target: Throwaway = { cluster, server, dataVolume: 'own' };
    const start = await step('Stop the data server', () => stopDataServer(cluster, server));
    const aside = await step(`Restore ${fetched}`, async () => {
      const result = await restoreDatabase(target, ['place', fetched, ...timeOf(request)]);
      if (result.code === 0) return result.stdout.trim();
      await start();
      throw new UserError(whyNotPlaced(result));
    });
    clear();
    const volume = dataVolumeOf(server.facts) ?? dataVolumeName(cluster);
    const where = `${aside} of the volume ${volume}`.replace('/durable/', '');
    console.log(`  the data of before is kept in ${where}`);
    await start();
    await step('Ask every server', async progress => {
      const { servers, missing } = await awaitNormal(cluster, NORMAL_WITHIN_SEC, progress);
      const waiting = servers
        .filter(({ state }) => state !== 'Normal')
        .map(each => `${each.server.name} is ${each.state} (${each.reason})`);
      const absent = placesOf(cluster).isSwarm ? missing.map(name => `${name} has not started`) : [];
      if (waiting.length + absent.length === 0) return;
      throw new UserError(`${[...waiting, ...absent].join(', ')}; the data of before is still in ${where}`);
    });
    await forget(target, aside);
  });
}

/**
 * Deletes the data of before: in the data server itself, which is quicker than a container of its own. A swarm's is another one by now, and with
 * InterSystems IRIS there are other volumes.
 */
async function forget(target: Throwaway, aside: string): Promise<void> {
  const words = ['forget', aside];
  const { facts } = target.server;
  if (!placesOf(target.cluster).isSwarm && facts.Config.Labels[LABELS.engine] !== IRIS) {
    const command = ['restore-database', ...words];
    const { code } = await execIn(facts, command, { timeoutSec: FORGET_SEC });
    if (code === 0) return;
  }
  await restoreDatabase(target, words);
}

/** Why a backup is not in its place, and what that means for the data. */
export function whyNotPlaced(result: ProcessResult): string {
  if (CUT_SHORT.includes(result.code))
    return `the restore was cut short, and the data of before is aside: ${faultOf(result)}; the data server does not start until ./ecp restore has gone on with it`;
  return `nothing was changed: ${faultOf(result)}`;
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

/** Works on a backup while it is out of the repository, and clears it away, however that ends; `clear` begins with that. */
async function whileFetched(
  request: RestoreRequest,
  work: (fetched: string, server: Server, clear: () => void) => Promise<void>,
): Promise<void> {
  const container = await requireBackupContainer(request.cluster);
  const server = await requireDataServer(request.cluster);
  const args = ['fetch', request.id, ...timeOf(request)];
  const fetched = await step('Fetch the backup', async () => (await askBackups(container, args)).trim());
  let cleared: Promise<unknown> | undefined;
  const clear = (): void => {
    cleared ??= askBackups(container, ['cleanup']);
    // Whoever waits for it hears of its failure.
    cleared.catch(() => undefined);
  };
  try {
    await work(fetched, server, clear);
  } finally {
    clear();
    await cleared;
  }
}

function timeOf({ to }: RestoreRequest): string[] {
  return to === undefined ? [] : [to];
}
