import { DEFAULT_FAILURE_PATIENCE_SEC } from '../contract/engines';
import { startContainer } from './access/container';
import { containersOf, type FoundContainers } from './access/found-containers';
import { isPaused } from './access/paused';
import { serversAmong, startTimeoutSecOf, type Server } from './access/servers';
import { awaitNormal, reportCluster, type ClusterReport } from './cluster-report';
import { watchReports } from './failures/start-watch';
import { step, type Progress } from './terminal';

const POLL_MS = 500;

/** Starts servers that do not run: the data server first, the others when it is Normal. @returns what became of all */
export async function startServers(
  cluster: string,
  servers: readonly Server[],
  progress: Progress,
): Promise<ClusterReport> {
  const stopped = servers.filter(({ facts }) => !facts.State.Running);
  const dataServer = stopped.find(({ role }) => role === 'data-server');
  if (dataServer) {
    await startContainer(dataServer.facts);
    await awaitDataServer(cluster, startTimeoutSecOf(dataServer), progress);
  }
  const others = stopped.filter(server => server !== dataServer);
  await Promise.all(others.map(({ facts }) => startContainer(facts)));
  const timeoutSec = Math.max(0, ...servers.map(startTimeoutSecOf));
  return awaitNormal(cluster, timeoutSec, progress, { isPointless: watchReports(DEFAULT_FAILURE_PATIENCE_SEC) });
}

/** The others start whatever became of it: what they then say of it helps. */
async function awaitDataServer(cluster: string, timeoutSec: number, progress: Progress): Promise<void> {
  const end = Date.now() + timeoutSec * 1000;
  while (Date.now() < end) {
    const { servers } = await reportCluster(cluster);
    const state = servers.find(({ server }) => server.role === 'data-server')?.state ?? 'gone';
    if (state === 'Normal' || state === 'exited' || state === 'gone') return;
    progress(`data-server ${state}`);
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
