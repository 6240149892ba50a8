import { DEFAULT_FAILURE_PATIENCE_SEC } from '../contract/engines';
import { startContainer } from './access/container';
import { containersOf, type FoundContainers } from './access/found-containers';
import { isPaused } from './access/paused';
import { serversAmong, startTimeoutSecOf, type Server } from './access/servers';
import { awaitNormal, reportCluster, type ClusterReport } from './cluster-report';
import { watchReports } from './failures/start-watch';
import { primaryOf } from './mirror';
import { step, type Progress } from './terminal';

const POLL_MS = 500;

/** Starts servers that do not run: an arbiter and the data servers first, the others when one of those is Normal. @returns what became of all */
export async function startServers(
  cluster: string,
  servers: readonly Server[],
  progress: Progress,
): Promise<ClusterReport> {
  const stopped = servers.filter(({ facts }) => !facts.State.Running);
  const first = stopped.filter(({ role }) => role !== 'app-server');
  await Promise.all(first.map(({ facts }) => startContainer(facts)));
  const dataServers = first.filter(({ role }) => role === 'data-server');
  if (dataServers.length > 0) await awaitDataServer(cluster, Math.max(...dataServers.map(startTimeoutSecOf)), progress);
  const others = stopped.filter(server => !first.includes(server));
  await Promise.all(others.map(({ facts }) => startContainer(facts)));
  const timeoutSec = Math.max(0, ...servers.map(startTimeoutSecOf));
  return awaitNormal(cluster, timeoutSec, progress, { isPointless: watchReports(DEFAULT_FAILURE_PATIENCE_SEC) });
}

/** The others start whatever became of it: what they then say of it helps. */
async function awaitDataServer(cluster: string, timeoutSec: number, progress: Progress): Promise<void> {
  const end = Date.now() + timeoutSec * 1000;
  while (Date.now() < end) {
    const { servers } = await reportCluster(cluster);
    const dataServers = servers.filter(({ server }) => server.role === 'data-server');
    // Of a mirror's members that are Normal one may be a backup, which serves nobody.
    const serving = primaryOf(servers) ?? (dataServers.length === 1 ? dataServers[0] : undefined);
    if (serving?.state === 'Normal' || dataServers.every(({ state }) => state === 'exited')) return;
    progress(dataServers.map(({ server, state }) => `${server.name} ${state}`).join(', '));
    await new Promise(resolve => setTimeout(resolve, POLL_MS));
  }
}

/**
 * A paused cluster runs before it is changed: the data server first, which a plan would start together with the others.
 *
 * @returns what runs then
 */
export async function resumePaused(cluster: string, found: FoundContainers): Promise<FoundContainers> {
  const servers = serversAmong(found.containers);
  if (!isPaused(servers)) return found;
  await step(
    'Resume the paused servers',
    progress => startServers(cluster, servers, progress),
    ({ ok }) => ok,
  );
  return containersOf(cluster);
}
