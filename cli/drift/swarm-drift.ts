import { listDeliveredFiles } from '../access/delivered-files';
import type { ContainerFacts } from '../access/docker';
import { serversAmong } from '../access/servers';
import { mapConcurrently } from '../map-concurrently';
import { askSwarm } from '../swarm/nodes';
import { servicesOf } from '../swarm/services';
import { compareFiles } from './file-drift';
import type { Drift, FoundDrift } from './find-drift';

const LOOKS_AT_ONCE = 8;

/** What differs from what was deployed on a swarm, which itself sees to it that tasks run as their services say. */
export async function swarmDrift(cluster: string, containers: readonly ContainerFacts[]): Promise<FoundDrift> {
  const servers = serversAmong(containers);
  const listing = mapConcurrently(LOOKS_AT_ONCE, servers, async (server): Promise<Drift[]> => {
    if (!server.facts.State.Running) return [];
    return compareFiles(await listDeliveredFiles(server), undefined).map(what => ({ server: server.name, what }));
  });
  const asking = askSwarm(cluster).then(async view => ({ ...view, services: await servicesOf(cluster, view.manager) }));
  const [files, { nodes: swarmNodes, services }] = await Promise.all([listing, asking]);
  const waiting = services
    .filter(({ server, role }) => server !== '' && role !== 'delivery')
    .filter(({ server }) => !servers.some(({ name, facts }) => name === server && facts.State.Running))
    .map(({ server, task }): Drift => ({ server, what: `it has no running task${task === '' ? '' : ` (${task})`}` }));
  const noDelivery: Drift[] = ['data-server', 'app-server']
    .filter(role => services.some(service => service.role === role))
    .filter(role => !services.some(({ delivers }) => delivers === role))
    .map(role => ({
      server: role === 'data-server' ? role : 'app-servers',
      what: 'the service that delivers files is gone: a server that restarts now waits for it',
    }));
  return { drift: [...waiting, ...files.flat(), ...noDelivery], deployedHere: services.length > 0, swarmNodes };
}
