import { requireServer } from '../access/servers';
import { UserError } from '../terminal';
import { activateServer, drainServer, entryPointNow, type EntryPointNow } from './drain';

/** Takes an application server out of the entry point, or lets it serve again. @returns the exit code */
export async function setService(to: 'drain' | 'active', cluster: string, name: string): Promise<number> {
  const command = to === 'drain' ? 'drain' : 'activate';
  const server = await requireServer(cluster, name);
  if (server.role !== 'app-server')
    throw new UserError(`'SERVER' must be an application server, got '${name}', the data server`, 2);
  const now = await entryPointNow(cluster);
  if (!now)
    throw new UserError(
      `'${command}' needs an entry point that runs, or a swarm, and '${cluster}' has neither; set ECP_ENTRY_POINT_PORT and run ./ecp up (docs/entry-point.md)`,
    );
  return to === 'drain' ? drain(now, server.name) : activate(now, server.name);
}

async function drain(now: EntryPointNow, name: string): Promise<number> {
  const serving = now.servers.filter(({ state }) => state === 'serving');
  if (serving.length === 1 && serving[0]!.name === name)
    throw new UserError(`'${name}' is the only server that the entry point serves; activate or start another first`);
  const sessions = await drainServer(now, name);
  console.log(
    sessions === 0
      ? `${name} is drained: it gets no request, and none is on it`
      : `${name} is drained: it gets no request; ${sessions} that did not end in time are still on it`,
  );
  return sessions === 0 ? 0 : 1;
}

async function activate(now: EntryPointNow, name: string): Promise<number> {
  const serves = await activateServer(now, name);
  console.log(serves ? `${name} serves again` : `${name} serves again when it is Normal`);
  return serves ? 0 : 1;
}
