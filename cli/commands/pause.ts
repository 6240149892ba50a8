import { isAsWanted } from '../access/fenced';
import { loadSettings } from '../../app/settings';
import { stopContainer } from '../access/container';
import { placesOf } from '../access/endpoints';
import { containersOf } from '../access/found-containers';
import { isPaused } from '../access/paused';
import { requireServers, type Server } from '../access/servers';
import { silentInWords } from '../access/silent-nodes';
import { exitCodeOf, reportCluster } from '../cluster-report';
import { printUnhealthy } from '../failures/explain';
import { primaryOf } from '../mirror';
import { startServers } from '../resume';
import { UserError, green, step } from '../terminal';

/** Options of `./ecp pause` and `./ecp resume`. */
export interface PauseOptions {
  readonly cluster?: string;
}

/** Stops all servers, application servers first. Containers, network, keys and data stay. */
export async function pause({ cluster: named }: PauseOptions): Promise<number> {
  const { cluster, servers } = await serversToMove('pause', named);
  if (isPaused(servers)) {
    console.log(`The cluster '${cluster}' is paused already; ./ecp resume starts it.`);
    return 0;
  }
  const halted = servers.find(({ facts }) => facts.State.Paused);
  if (halted) throw new UserError(`'${halted.name}' is paused by docker; docker unpause ${halted.container} first`);
  const running = servers.filter(({ facts }) => facts.State.Running);
  await step('Stop application servers', () => stopAll(running.filter(({ role }) => role === 'app-server')));
  const dataServers = running.filter(({ role }) => role === 'data-server');
  if (dataServers.length > 1) await stopMirror(cluster, running, dataServers);
  else await step('Stop data server', () => stopAll(dataServers));
  const now = await requireServers(cluster);
  if (!isPaused(now)) {
    for (const { name, facts } of now.filter(server => !isPaused([server])))
      console.error(`${name} did not stop as it should (${facts.State.Status}, exit code ${facts.State.ExitCode})`);
    return 1;
  }
  console.log(green(`The cluster '${cluster}' is paused. Its data is kept; ./ecp resume starts it.`));
  return 0;
}

/** The backup first, so that it is the primary of before that goes on; the arbiter, which the two may still ask, at the end. */
async function stopMirror(cluster: string, running: readonly Server[], members: readonly Server[]): Promise<void> {
  const primary = primaryOf((await reportCluster(cluster)).servers)?.server.name;
  const isPrimary = ({ name }: Server): boolean => name === primary;
  await step('Stop the backup', () => stopAll(members.filter(member => !isPrimary(member))));
  await step('Stop the primary', () => stopAll(members.filter(isPrimary)));
  await step('Stop the arbiter', () => stopAll(running.filter(({ role }) => role === 'arbiter')));
}

/** Starts all servers that do not run, the data server first, and ends when every one is Normal. */
export async function resume({ cluster: named }: PauseOptions): Promise<number> {
  const { cluster, servers } = await serversToMove('resume', named);
  const report = await step(
    `Resume cluster '${cluster}'`,
    progress => startServers(cluster, servers, progress),
    ({ ok }) => ok,
  );
  for (const { server, state } of report.servers) if (!isAsWanted(state)) await printUnhealthy(server);
  if (report.ok) console.log(green(`The cluster '${cluster}' runs again.`));
  return exitCodeOf(report);
}

async function serversToMove(
  command: string,
  named: string | undefined,
): Promise<{ readonly cluster: string; readonly servers: readonly Server[] }> {
  const cluster = named ?? loadSettings(process.env).cluster;
  if (placesOf(cluster).isSwarm)
    throw new UserError(
      `'${command}' is for servers on Docker hosts, and '${cluster}' runs on a swarm, which starts what ends; ./ecp down keeps the data, and ./ecp up finds it`,
      2,
    );
  const { silent } = await containersOf(cluster);
  if (silent.length > 0)
    throw new UserError(
      `${silentInWords(silent)}: nothing was changed; bring it back, then run ./ecp ${command} again`,
    );
  return { cluster, servers: await requireServers(cluster) };
}

async function stopAll(servers: readonly Server[]): Promise<void> {
  await Promise.all(servers.map(({ facts }) => stopContainer(facts)));
}
