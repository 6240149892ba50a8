import { listDeliveredFiles } from '../access/delivered-files';
import type { FoundContainers } from '../access/found-containers';
import { serversAmong, type Server } from '../access/servers';
import { stateByMetrics } from '../access/state-by-metrics';
import { mapConcurrently } from '../map-concurrently';
import { isServer, unseenAmong, type ClusterService } from '../swarm/services';
import { lookAtSwarm, type SwarmLook } from '../swarm/swarm-look';
import { compareFiles } from './file-drift';
import type { Drift, FoundDrift } from './drift';

const LOOKS_AT_ONCE = 8;

/**
 * What differs from what was deployed on a swarm, which itself sees to it that tasks run as their services say.
 *
 * @param asked What the swarm says. @default - it is asked
 */
export async function swarmDrift(
  cluster: string,
  { containers, silent }: FoundContainers,
  asked: Promise<SwarmLook> = lookAtSwarm(cluster),
): Promise<FoundDrift> {
  const servers = serversAmong(containers);
  const listing = mapConcurrently(LOOKS_AT_ONCE, servers, async (server): Promise<Drift[]> => {
    if (!server.facts.State.Running) return [];
    return compareFiles(await listDeliveredFiles(server), undefined).map(what => ({ server: server.name, what }));
  });
  const [files, { nodes: swarmNodes, services }] = await Promise.all([listing, asked]);
  const running = servers.filter(({ facts }) => facts.State.Running);
  const unseen = unseenAmong(services, servers);
  // What the container of the task before says of itself is enough while the next one starts.
  const told = unseen.filter(each => !(starts(each) && servers.some(({ name }) => name === each.server)));
  const waiting = await mapConcurrently(LOOKS_AT_ONCE, told, each => whyUnseen(each, running[0], silent.length > 0));
  return {
    drift: [...waiting, ...files.flat(), ...lacksDelivery(services)],
    deployedHere: services.length > 0,
    swarmNodes,
    outOfSight: silent.length > 0 ? unseen.filter(runs).map(({ server }) => server) : [],
  };
}

const starts = ({ task }: Pick<ClusterService, 'task'>): boolean =>
  /^(Assigned|Accepted|Preparing|Ready|Starting)\b/.test(task);

const runs = ({ task }: Pick<ClusterService, 'task'>): boolean => task.startsWith('Running');

/** Why a server has no container on the nodes that answer. One that the swarm says is running another server can see. */
export async function whyUnseen(
  { server, task }: Pick<ClusterService, 'server' | 'task'>,
  witness: Server | undefined,
  isNodeSilent: boolean,
): Promise<Drift> {
  if (!runs({ task })) return { server, what: `it has no running task${task === '' ? '' : ` (${task})`}` };
  // It may have begun after the look, or run on a node that the settings do not name.
  if (!isNodeSilent) return { server, what: `it has no container on the nodes (${task})` };
  const state = witness && (await stateByMetrics(witness, server));
  const seen = state === undefined ? '' : `; to the other servers it is ${state}`;
  return { server, what: `it runs on a node that does not answer here${seen}` };
}

/** Servers whose files nobody delivers any more. */
export function lacksDelivery(services: readonly ClusterService[]): Drift[] {
  return services
    .filter(isServer)
    .filter(({ role }) => !services.some(({ delivers }) => delivers === role))
    .map(({ server }) => ({
      server,
      what: 'the service that delivers its files is gone, and at its next start it would wait for them',
    }));
}
