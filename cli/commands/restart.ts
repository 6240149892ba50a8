import { loadSettings } from '../../app/settings';
import { DEFAULT_FAILURE_PATIENCE_SEC } from '../../contract/engines';
import { startContainer, stopContainer } from '../access/container';
import { placesOf } from '../access/endpoints';
import type { ServerReport } from '../access/server-report';
import { chooseServers, requireServers, startTimeoutSecOf, type Server } from '../access/servers';
import { awaitServersNormal } from '../await-servers';
import { reportCluster } from '../cluster-report';
import { drainSteps } from '../entry-point/drain';
import { printUnhealthy } from '../failures/explain';
import { watchReports } from '../failures/start-watch';
import { primaryOf } from '../mirror';
import { restartTask } from '../swarm/restart-task';
import { ROLL_JOIN_SEC, switchOver } from '../switch-over';
import { UserError, green, step, type Progress } from '../terminal';

/** Options of `./ecp restart`. */
export interface RestartOptions {
  readonly cluster?: string;
  readonly servers: readonly string[];
}

/** Stops and starts servers where they are, one after the other; the first that does not become Normal again is the last. */
export async function restart({ cluster: named, servers: names }: RestartOptions): Promise<number> {
  const cluster = named ?? loadSettings(process.env).cluster;
  const present = await requireServers(cluster);
  const known = present.map(({ name }) => name);
  if (names.length === 0) throw new UserError(`'SERVER' is missing; name one or several of ${known.join(', ')}`, 2);
  const chosen = chooseServers(cluster, present, names);
  const paused = chosen.find(({ facts }) => facts.State.Paused);
  if (paused) throw new UserError(`'${paused.name}' is paused; docker unpause ${paused.container} lets it go on`);
  const { servers: before } = await reportCluster(cluster);
  for (const [index, server] of chosen.entries()) {
    const waited = before.filter(each => each.state === 'Normal' || each.server.name === server.name);
    const failed = await restartOne(
      cluster,
      server,
      waited.map(each => each.server.name),
    );
    if (failed.length === 0) continue;
    for (const each of failed) await printUnhealthy(each.server);
    const left = chosen.slice(index + 1).map(({ name }) => name);
    if (left.length > 0) console.error(`Not restarted: ${left.join(', ')}.`);
    return 1;
  }
  console.log(green(chosen.length === 1 ? 'One server has restarted.' : `${chosen.length} servers have restarted.`));
  return 0;
}

/**
 * Restarts a server and waits.
 *
 * @param waited Names of the servers that must be Normal afterwards: the others of the cluster miss a data server that restarts.
 * @returns those that are not
 */
function restartOne(cluster: string, server: Server, waited: readonly string[]): Promise<readonly ServerReport[]> {
  return step(
    `Restart ${server.name}`,
    async progress => {
      if (placesOf(cluster).isSwarm) {
        progress('stopping');
        await restartTask(cluster, server);
        return awaitAgain(cluster, server, waited, progress);
      }
      const drain = drainSteps(cluster);
      if (server.role === 'data-server') await handOver(cluster, server.name, progress);
      let isWell = false;
      try {
        progress('draining');
        await drain.before(server.name);
        progress('stopping');
        await stopContainer(server.facts);
        await startContainer(server.facts);
        const failed = await awaitAgain(cluster, server, waited, progress);
        isWell = failed.length === 0;
        return failed;
      } finally {
        await drain.after(server.name, isWell);
      }
    },
    failed => failed.length === 0,
  );
}

/** Makes the other member of a mirror the primary first. Where that one is away, application servers wait for this one instead. */
async function handOver(cluster: string, name: string, progress: Progress): Promise<void> {
  const primary = primaryOf((await reportCluster(cluster)).servers);
  if (primary?.server.name !== name || primary.state !== 'Normal' || primary.mirror.backup === 'away') return;
  await switchOver(cluster, progress, { waitSec: ROLL_JOIN_SEC });
}

async function awaitAgain(
  cluster: string,
  before: Server,
  waited: readonly string[],
  progress: Progress,
): Promise<readonly ServerReport[]> {
  const { waiting, absent } = await awaitServersNormal(cluster, waited, {
    timeoutSec: startTimeoutSecOf(before),
    progress,
    isPointless: watchReports(DEFAULT_FAILURE_PATIENCE_SEC),
    isAsBefore: server => isAsBefore(server, before),
  });
  return waiting.length === 0 && absent.length > 0 ? [lastSeen(before)] : waiting;
}

/** True for the container that was to be stopped, as it was: on a swarm another one takes its place. */
function isAsBefore({ facts }: Server, { facts: { Id: id, State: state } }: Server): boolean {
  return facts.Id === id && facts.State.StartedAt === state.StartedAt;
}

function lastSeen(server: Server): ServerReport {
  return { server, state: 'unknown', reason: 'it has not started', since: '', drift: [] };
}
