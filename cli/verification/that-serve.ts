import { reportServers } from '../access/server-report';
import type { Server } from '../access/servers';
import { primaryOf } from '../mirror';

/** Servers that read and write: without a mirror's arbiter, and without its backup, whose copy is a moment behind. */
export async function thatServe(servers: readonly Server[]): Promise<Server[]> {
  const members = servers.filter(({ role }) => role === 'data-server');
  const primary = members.length > 1 ? primaryOf(await reportServers(members))?.server.name : undefined;
  return servers.filter(
    ({ role, name }) => role !== 'arbiter' && (role !== 'data-server' || primary === undefined || name === primary),
  );
}
