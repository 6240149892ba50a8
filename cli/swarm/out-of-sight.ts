import { containersOf } from '../access/found-containers';
import { serversAmong } from '../access/servers';
import type { LeftOut } from '../access/left-out';
import { askSwarm } from './nodes';
import { servicesOf, unseenAmong } from './services';

/** What a look at a swarm goes on without. As long as a node is silent, a container that an earlier task has left elsewhere is not its server. */
export async function outOfSight(cluster: string): Promise<LeftOut> {
  const { containers, silent } = await containersOf(cluster);
  if (silent.length === 0) return { silent, servers: [] };
  const { manager } = await askSwarm(cluster);
  const unseen = unseenAmong(await servicesOf(cluster, manager), serversAmong(containers));
  return { silent, servers: unseen.map(({ server }) => server).sort() };
}
