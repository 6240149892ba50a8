import { DURABLE_DIRECTORY, LABELS, SERVER_ROLES, type ServerRole } from '../../contract/contract';
import { UserError } from '../terminal';
import { containersKnown } from '../terraform/known-containers';
import type { ContainerFacts } from './docker';
import { containersOf } from './found-containers';
import { silentInWords } from './silent-nodes';
import { SWARM_SERVICE } from './swarm-label';

/** One server as it is found on the Docker host. */
export interface Server {
  readonly name: string;
  readonly role: ServerRole;
  readonly container: string;
  readonly facts: ContainerFacts;
  /** The web gateway that publishes its web port, where the server does not do so itself. */
  readonly webGateway?: ContainerFacts;
}

/** A container of a cluster that runs all the time: a server, the entry point or what watches it. */
export type Part = Pick<Server, 'name' | 'container' | 'facts'>;

/** The servers of a cluster by their labels, data servers first, then the arbiter of a mirror: whoever deployed them, on whatever Docker host. */
export async function findServers(cluster: string): Promise<Server[]> {
  return serversAmong(await findContainers(cluster));
}

/** All containers of a cluster: servers, deliveries and web gateways. Engines that do not answer are passed over. */
export async function findContainers(cluster: string): Promise<readonly ContainerFacts[]> {
  return (await containersOf(cluster)).containers;
}

/** The servers among a cluster's containers. */
export function serversAmong(containers: readonly ContainerFacts[]): Server[] {
  const gateways = containers.filter(facts => facts.Config.Labels[LABELS.role] === 'web-gateway');
  const servers = containers.filter(facts =>
    (SERVER_ROLES as readonly string[]).includes(facts.Config.Labels[LABELS.role] ?? ''),
  );
  return newestOfEach(servers)
    .map(facts => ({
      name: facts.Config.Labels[LABELS.server] ?? '',
      role: facts.Config.Labels[LABELS.role] as Server['role'],
      container: facts.Name.replace(/^\//, ''),
      facts,
      webGateway: gateways.find(each => each.Config.Labels[LABELS.server] === facts.Config.Labels[LABELS.server]),
    }))
    .sort((a, b) => b.role.localeCompare(a.role) || a.name.localeCompare(b.name, 'en', { numeric: true }));
}

/** A swarm leaves the containers of earlier tasks behind: of each server one counts. */
function newestOfEach(servers: readonly ContainerFacts[]): ContainerFacts[] {
  const names = new Set(servers.map(({ Config: { Labels: labels } }) => labels[LABELS.server]));
  return [...names].flatMap(
    name => newestOf(servers.filter(({ Config: { Labels: labels } }) => labels[LABELS.server] === name)) ?? [],
  );
}

/** The volume with a data server's data; undefined where a container has none. A stack may name it as it likes. */
export function dataVolumeOf({ Mounts: mounts = [] }: ContainerFacts): string | undefined {
  return mounts.find(({ Type: type, Destination: at }) => type === 'volume' && at === DURABLE_DIRECTORY)?.Name;
}

/** The container that runs, or ran last, of those that were one thing. */
export function newestOf(containers: readonly ContainerFacts[]): ContainerFacts | undefined {
  const rank = ({ State: { Running: running }, Created: created }: ContainerFacts): string =>
    `${running ? 1 : 0} ${created}`;
  return [...containers].sort((a, b) => (rank(a) < rank(b) ? 1 : -1))[0];
}

/** As `findServers`, but a cluster without servers is an error. */
export async function requireServers(cluster: string): Promise<Server[]> {
  const { containers, silent } = await containersOf(cluster);
  const servers = serversAmong(containers);
  if (servers.length > 0) return servers;
  if (silent.length > 0)
    throw new UserError(`no server of cluster '${cluster}' can be asked: ${silentInWords(silent)}`);
  throw new UserError(
    `no server carries the label ${LABELS.cluster}=${cluster}; start the cluster with ./ecp up, or name another by --cluster or ECP_CLUSTER`,
  );
}

/** Finds a server by its name, with or without the cluster's name before it. */
export async function requireServer(cluster: string, name: string): Promise<Server> {
  const servers = await requireServers(cluster);
  const found = servers.find(server => server.name === name || server.container === name);
  if (found) return found;
  throw new UserError(
    `'SERVER' must be a server of cluster '${cluster}', got '${name}'; servers are ${servers.map(server => server.name).join(', ')}`,
    2,
  );
}

/**
 * The servers of these names, each once and in this order.
 *
 * @throws UserError when a name is none of them
 */
export function chooseServers<T extends { readonly name: string }>(
  cluster: string,
  servers: readonly T[],
  names: readonly string[],
): T[] {
  return [...new Set(names)].map(name => {
    const found = servers.find(server => server.name === name);
    if (found) return found;
    throw new UserError(
      `'SERVER' must be a server of cluster '${cluster}', got '${name}'; servers are ${servers.map(server => server.name).join(', ')}`,
      2,
    );
  });
}

/** What lets a server that does not run go on; undefined for one that runs. */
export function whatStarts({ container, facts }: Server, deployedHere: boolean): string | undefined {
  const { Status: status, Running: running } = facts.State;
  if (status === 'paused') return `docker unpause ${container} lets it go on`;
  if (running) return undefined;
  if (facts.Config.Labels[SWARM_SERVICE] !== undefined) return 'its swarm starts another by itself';
  // ./ecp up would take the containers of another stack for leftovers.
  return `${deployedHere ? './ecp up' : `docker start ${container}`} starts it`;
}

/** Its health check knows how long a server of its engine may take to start, whoever deployed it. */
export function startTimeoutSecOf({ facts }: Server): number {
  const startPeriodNs = facts.Config.Healthcheck?.StartPeriod ?? 0;
  return startPeriodNs > 0 ? startPeriodNs / 1e9 : 120;
}

/** Why nothing can be run in a server, and what to do; Docker's own words would be an id. */
export function whyOutOfReach(server: Server): string | undefined {
  const { facts } = server;
  const { State: state } = facts;
  if (state.Paused) return `is paused; docker unpause ${server.container} lets it go on`;
  if (state.Running) return undefined;
  if (facts.Config.Labels[SWARM_SERVICE] !== undefined)
    return `has no running container on the nodes that answer (the last one: ${state.Status}, exit code ${state.ExitCode}); its swarm starts another by itself, ./ecp status shows it`;
  const deployedHere = containersKnown(facts.Config.Labels[LABELS.cluster] ?? '', [facts]).length > 0;
  return `does not run (${state.Status}, exit code ${state.ExitCode}); ${whatStarts(server, deployedHere)}`;
}
