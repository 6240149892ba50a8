import { setTimeout } from 'node:timers/promises';
import { DATA_SERVER_NAME } from '../../contract/contract';
import { containerName } from '../../contract/names';
import { startContainer, stopContainer } from '../access/container';
import { placesOf } from '../access/endpoints';
import { findServers, requireServer, requireServers, type Server } from '../access/servers';
import { SWARM_SERVICE } from '../access/swarm-label';
import { dataServersAmong, membersNamedBy } from '../mirror';
import { askSwarm } from '../swarm/nodes';
import { awaitServiceEnd, scaleService } from '../swarm/scale-service';
import { UserError } from '../terminal';

const START_SEC = 60;

/** Ends the data server until it is told to go on, which its swarm would do at once. @returns what starts it again */
export async function stopDataServer(cluster: string, { facts }: Server): Promise<() => Promise<void>> {
  if (!placesOf(cluster).isSwarm) {
    await stopContainer(facts);
    return () => startContainer(facts);
  }
  const service = facts.Config.Labels[SWARM_SERVICE] ?? '';
  const scale = async (replicas: 0 | 1): Promise<void> =>
    scaleService(service, replicas, (await askSwarm(cluster)).manager);
  await scale(0);
  await awaitServiceEnd(facts);
  return () => scale(1);
}

/** The data servers that have a container, at least one. @throws UserError when none has */
export async function dataServersThere(cluster: string): Promise<readonly [Server, ...Server[]]> {
  const [first = await requireServer(cluster, DATA_SERVER_NAME), ...others] = dataServersAmong(
    await requireServers(cluster),
  );
  return [first, ...others];
}

/** The data server, running or not; of a mirror its members, the one with the first data volume before the other one. */
export async function requireDataServers(cluster: string): Promise<readonly [Server, ...Server[]]> {
  if (placesOf(cluster).isSwarm) return [await requireServiceOfData(cluster)];
  const servers = await dataServersThere(cluster);
  const missing = membersNamedBy(servers[0]).filter(name => !servers.some(each => each.name === name));
  if (missing.length === 0) return servers;
  throw new UserError(
    `both members of the mirror must be there for a restore, and the container of ${missing.join(' and of ')} is gone; ./ecp up makes it again. Nothing was changed`,
  );
}

/** A restore that was killed has left nothing of it, and it is started again. */
async function requireServiceOfData(cluster: string): Promise<Server> {
  const end = Date.now() + START_SEC * 1000;
  for (let isTold = false; Date.now() < end; isTold = true) {
    const found = (await findServers(cluster)).find(
      ({ name, facts }) => name === DATA_SERVER_NAME && facts.State.Running,
    );
    if (found) return found;
    if (!isTold) await scaleService(containerName(cluster, DATA_SERVER_NAME), 1, (await askSwarm(cluster)).manager);
    await setTimeout(500);
  }
  return requireServer(cluster, DATA_SERVER_NAME);
}
