import { listDeliveredFiles } from '../access/delivered-files';
import type { ContainerFacts } from '../access/docker';
import { serversAmong } from '../access/servers';
import { mapConcurrently } from '../map-concurrently';
import { askSwarm } from '../swarm/nodes';
import { servicesOf, type ClusterService } from '../swarm/services';
import { compareFiles } from './file-drift';
import type { Drift, FoundDrift } from './find-drift';

const LOOKS_AT_ONCE = 8;

/** What differs from what was deployed on a swarm, which itself sees to it that tasks run as their services say. */
export async function swarmDrift(cluster: string, containers: readonly ContainerFacts[]): Promise<FoundDrift> {
  const { manager, nodes: swarmNodes } = await askSwarm(cluster);
  const services = await servicesOf(cluster, manager);
  const servers = serversAmong(containers);
  const waiting = services
    .filter(({ server, role }) => server !== '' && role !== 'delivery')
    .filter(({ server }) => !servers.some(({ name, facts }) => name === server && facts.State.Running))
    .map(({ server, task }): Drift => ({ server, what: `it has no running task${task === '' ? '' : ` (${task})`}` }));
  const files = await mapConcurrently(LOOKS_AT_ONCE, servers, async (server): Promise<Drift[]> => {
    if (!server.facts.State.Running) return [];
    return compareFiles(await listDeliveredFiles(server), undefined).map(what => ({ server: server.name, what }));
  });
  return {
    drift: [...waiting, ...files.flat(), ...lacksDelivery(services)],
    deployedHere: services.length > 0,
    swarmNodes,
  };
}

/** Servers whose files nobody delivers any more. */
export function lacksDelivery(services: readonly ClusterService[]): Drift[] {
  return services
    .filter(({ server, role }) => server !== '' && role !== 'delivery')
    .filter(({ role }) => !services.some(({ delivers }) => delivers === role))
    .map(({ server }) => ({
      server,
      what: 'the service that delivers its files is gone, and at its next start it would wait for them',
    }));
}
