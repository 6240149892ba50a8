import { setTimeout } from 'node:timers/promises';
import { loadSettings } from '../../app/settings';
import { FENCED } from '../access/fenced';
import { couldNot, runNode } from '../access/node';
import { requireServer, requireServers, type Server } from '../access/servers';
import type { ServerReport } from '../access/server-report';
import { reportCluster } from '../cluster-report';
import { UserError, step } from '../terminal';

/** Options of `./ecp fence` and `./ecp unfence`. */
export interface FenceOptions {
  readonly cluster?: string;
  /** One application server. */
  readonly servers: readonly string[];
}

/** Longer than a server needs to find out why it is refused, or that it is not any more. */
const SEEN_SEC = 40;
const POLL_MS = 500;

/** Has the data server refuse an application server, or let it in again. Its container, data and definition stay. */
export async function setFence(to: 'fence' | 'unfence', { cluster: named, servers }: FenceOptions): Promise<number> {
  const [name, ...more] = servers;
  if (name === undefined || more.length > 0)
    throw new UserError(`'${to}' takes one server, got ${servers.length === 0 ? 'none' : servers.join(', ')}`, 2);
  const cluster = named ?? loadSettings(process.env).cluster;
  const server = await requireServer(cluster, name);
  if (server.role !== 'app-server')
    throw new UserError(
      `'SERVER' must be an application server, got '${name}', ${server.role === 'arbiter' ? 'the arbiter' : 'the data server'}`,
      2,
    );
  const dataServers = (await requireServers(cluster)).filter(({ role }) => role === 'data-server');
  if (dataServers.length === 0)
    throw new UserError(`'${cluster}' has no data server that could ${to} '${server.name}'`);
  const reports = (await reportCluster(cluster)).servers;
  const subject = subjectOf(server, reports);
  requireOwnSubject(to, server, subject, reports);
  // Each member of a mirror keeps its own list, with its own data.
  const told = await Promise.allSettled(dataServers.map(each => tellDataServer(each, [to, subject])));
  for (const each of told) if (each.status === 'rejected') throw each.reason;
  const report =
    server.facts.State.Running && !server.facts.State.Paused ? await awaitSeen(to, cluster, server) : undefined;
  const seen = report === undefined || (report.state === FENCED) === (to === 'fence');
  console.log(
    to === 'fence'
      ? `${server.name} is fenced: the data server refuses ${subject}; ./ecp unfence ${server.name} lets it in again`
      : `${server.name} is let in again${report ? `; it is ${report.state}` : ''}`,
  );
  return seen ? 0 : 1;
}

/** What its certificate says; that of a server that cannot be asked says its name. */
function subjectOf({ name }: Server, reports: readonly ServerReport[]): string {
  const found = reports.find(({ server }) => server.name === name);
  return (found?.status?.certificate ?? found?.certificate)?.subject || `CN=${name}`;
}

function requireOwnSubject(to: string, { name }: Server, subject: string, reports: readonly ServerReport[]): void {
  const other = reports.find(({ server }) => server.name !== name && subjectOf(server, reports) === subject);
  if (!other) return;
  throw new UserError(
    `'SERVER' must have a certificate of its own to ${to}, got '${name}', whose subject ${subject} '${other.server.name}' has too; give each its own`,
    2,
  );
}

async function tellDataServer(dataServer: Server, args: readonly string[]): Promise<void> {
  const result = await runNode(dataServer, args);
  if (result.code === 0) return;
  if (result.code === 2 && /usage/.test(result.stderr))
    throw new UserError(
      `'${args[0]}' needs a data server of the rehearsal engine of this release; for another, take the server out of 'appServers' or stop its container`,
      2,
    );
  throw new UserError(couldNot(dataServer, args, result));
}

async function awaitSeen(
  to: 'fence' | 'unfence',
  cluster: string,
  { name }: Server,
): Promise<ServerReport | undefined> {
  return step(`Wait for ${name}`, async progress => {
    const end = Date.now() + SEEN_SEC * 1000;
    for (;;) {
      const report = (await reportCluster(cluster)).servers.find(({ server }) => server.name === name);
      const isDone = to === 'fence' ? report?.state === FENCED : report?.state === 'Normal';
      if (isDone || Date.now() > end) return report;
      progress(report?.state ?? 'gone');
      await setTimeout(POLL_MS);
    }
  });
}
