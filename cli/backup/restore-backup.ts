import { LABELS } from '../../contract/contract';
import { IRIS } from '../../contract/engines';
import { dataVolumeName } from '../../contract/names';
import { execIn } from '../access/container';
import { placesOf } from '../access/endpoints';
import { dataVolumeOf, findServers, type Server } from '../access/servers';
import { awaitNormal } from '../cluster-report';
import { isMirrorMember } from '../mirror';
import type { ProcessResult } from '../process';
import { UserError, step } from '../terminal';
import { askBackups, requireBackupContainer } from './backup-container';
import { requireDataServers, stopDataServer } from './data-server-rest';
import { leftAside } from './left-aside';
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
/** The second member of a mirror gets a copy over the network then. */
const MIRROR_WITHIN_SEC = 3600;
const FORGET_SEC = 600;

/** `restore-database` says so, or was killed. */
const CUT_SHORT: readonly number[] = [3, 137];

/**
 * Replaces a running cluster's data with a backup. What was there stays beside it until the data server, or both members of a mirror, are Normal.
 *
 * @throws UserError when it fails; then the data is what it was, unless the sentence says otherwise
 */
export function restoreInPlace(request: RestoreRequest): Promise<void> {
  const { cluster } = request;
  return whileFetched(request, async (fetched, servers, clear) => {
    const [first, second] = servers.map((server): Throwaway => ({ cluster, server, dataVolume: 'own' }));
    const what = second ? 'both members of the mirror' : 'the data server';
    const start = await step(`Stop ${what}`, () => stopAll(cluster, servers));
    const aside = await step(`Restore ${fetched}`, async () => {
      // Whatever is cut short from here on, no member starts on the data of before beside one with the backup.
      const held = second && (await moveAside(second, ['hold'], start));
      const putBack = held && (() => restoreDatabase(held.target, ['back', held.path]));
      const placed = await moveAside(first!, ['place', fetched, ...timeOf(request)], start, putBack);
      if (!held) return [placed];
      const released = await restoreDatabase(held.target, ['release']);
      if (released.code === 0) return [placed, held];
      throw new UserError(whyNotPlaced({ ...released, code: CUT_SHORT[0]! }));
    });
    clear();
    const where = aside.map(inWords).join(' and in ');
    console.log(`  the data of before is kept in ${where}`);
    await start();
    await step('Ask every server', async progress => {
      const { servers: found, missing } = await awaitNormal(
        cluster,
        second ? MIRROR_WITHIN_SEC : NORMAL_WITHIN_SEC,
        progress,
      );
      const waiting = found
        .filter(({ state }) => state !== 'Normal')
        .map(each => `${each.server.name} is ${each.state} (${each.reason})`);
      const absent = placesOf(cluster).isSwarm ? missing.map(name => `${name} has not started`) : [];
      if (waiting.length + absent.length === 0) return;
      throw new UserError(`${[...waiting, ...absent].join(', ')}; the data of before is still in ${where}`);
    });
    for (const each of aside) await forget(each);
    for (const sentence of await leftAside(await requireDataServers(cluster))) console.log(`  ${sentence}`);
  });
}

/** Where the data of before is. */
interface Aside {
  readonly target: Throwaway;
  /** Folder in the server. */
  readonly path: string;
}

function inWords({ target: { cluster, server }, path }: Aside): string {
  return `${path} of the volume ${dataVolumeOf(server.facts) ?? dataVolumeName(cluster)}`.replace('/durable/', '');
}

/** Runs what moves a data server's data aside. When it fails and all is as it was, the servers are started. */
async function moveAside(
  target: Throwaway,
  words: readonly string[],
  start: () => Promise<void>,
  putBack?: () => Promise<ProcessResult>,
): Promise<Aside> {
  const result = await restoreDatabase(target, words);
  if (result.code === 0) return { target, path: result.stdout.trim() };
  const isOfMirror = isMirrorMember(target.server.facts);
  const back = CUT_SHORT.includes(result.code) ? undefined : await putBack?.();
  const failure = back && back.code !== 0 ? { ...back, code: CUT_SHORT[0]! } : result;
  // The other member of a mirror might go on with less than both had.
  if (!isOfMirror || !CUT_SHORT.includes(failure.code)) await start();
  throw new UserError(whyNotPlaced(failure));
}

/** An arbiter remembers who was the primary: it begins again, as the mirror does. */
async function stopAll(cluster: string, servers: readonly Server[]): Promise<() => Promise<void>> {
  const arbiters = (await findServers(cluster)).filter(({ role, facts }) => role === 'arbiter' && facts.State.Running);
  const starts = await Promise.all([...servers, ...arbiters].map(server => stopDataServer(cluster, server)));
  return async () => void (await Promise.all(starts.map(start => start())));
}

/**
 * Deletes the data of before: in the data server itself, which is quicker than a container of its own. A swarm's is another one by now, and with
 * InterSystems IRIS there are other volumes.
 */
async function forget({ target, path }: Aside): Promise<void> {
  const words = ['forget', path];
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
  return whileFetched(request, (fetched, [server]) =>
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
  work: (fetched: string, servers: readonly [Server, ...Server[]], clear: () => void) => Promise<void>,
): Promise<void> {
  const container = await requireBackupContainer(request.cluster);
  const servers = await requireDataServers(request.cluster);
  const args = ['fetch', request.id, ...timeOf(request)];
  const fetched = await step('Fetch the backup', async () => (await askBackups(container, args)).trim());
  let cleared: Promise<unknown> | undefined;
  const clear = (): void => {
    cleared ??= askBackups(container, ['cleanup']);
    // Whoever waits for it hears of its failure.
    cleared.catch(() => undefined);
  };
  try {
    await work(fetched, servers, clear);
  } finally {
    clear();
    await cleared;
  }
}

function timeOf({ to }: RestoreRequest): string[] {
  return to === undefined ? [] : [to];
}
