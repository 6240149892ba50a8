import { containersOf } from '../access/found-containers';
import { serversAmong } from '../access/servers';
import type { LeftOut } from '../access/left-out';
import { askSwarm } from './nodes';
import { servicesOf } from './services';

/** What a look at a swarm goes on without. As long as a node is silent, a container that an earlier task has left elsewhere is not its server. */
export async function outOfSight(cluster: string): Promise<LeftOut> {
  const { containers, silent } = await containersOf(cluster);
  if (silent.length === 0) return { silent, servers: [] };
  const { manager } = await askSwarm(cluster);
  const running = serversAmong(containers).filter(({ facts }) => facts.State.Running);
  const names = (await servicesOf(cluster, manager)).map(({ server }) => server).filter(name => name !== '');
  return { silent, servers: [...new Set(names)].filter(name => !running.some(server => server.name === name)).sort() };
}
