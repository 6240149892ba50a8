import { LABELS, WEB_PORT } from '../constructs/private/contract';
import { containersWithLabel, type ContainerFacts } from './docker';
import { run } from './process';
import { UserError } from './terminal';

/** What `ecp-node status` prints: docs/container-contract.md. */
export interface NodeStatus {
  readonly engine: string;
  readonly role: string;
  readonly server: string;
  readonly state: string;
  readonly since: string;
  readonly reason: string;
  readonly peers: readonly { readonly name: string; readonly state: string }[];
  readonly admitted: readonly string[];
  readonly refused: readonly { readonly subject: string; readonly why: string; readonly at: string }[];
  readonly certificate: { readonly subject: string; readonly notAfter: string; readonly issuer: string };
  readonly config: { readonly expected: string; readonly actual: string };
  readonly ignored: readonly string[];
}

/** One server as it is found on the Docker host. */
export interface Server {
  readonly name: string;
  readonly role: 'data-server' | 'app-server';
  readonly container: string;
  readonly facts: ContainerFacts;
  /** The web gateway that publishes its web port, where the server does not do so itself. */
  readonly webGateway?: ContainerFacts;
}

/** A server with what it says of itself. */
export interface ServerReport {
  readonly server: Server;
  /** State name; for a server that cannot be asked, what Docker says of it, such as `exited`. */
  readonly state: string;
  readonly reason: string;
  readonly since: string;
  /** What the server printed, when it could be asked. */
  readonly status?: NodeStatus;
  readonly certificateDaysLeft?: number;
  readonly webUrl?: string;
  /** What differs from what was deployed and Terraform does not read back. */
  readonly drift: readonly string[];
}

/** The servers of a cluster by their labels, data server first: whoever deployed them, on whatever Docker host. */
export async function findServers(cluster: string): Promise<Server[]> {
  return serversAmong(await containersWithLabel(`${LABELS.cluster}=${cluster}`));
}

/** The servers among a cluster's containers. */
export function serversAmong(containers: readonly ContainerFacts[]): Server[] {
  const gateways = containers.filter(facts => facts.Config.Labels[LABELS.role] === 'web-gateway');
  return containers
    .filter(facts => ['data-server', 'app-server'].includes(facts.Config.Labels[LABELS.role] ?? ''))
    .map(facts => ({
      name: facts.Config.Labels[LABELS.server] ?? '',
      role: facts.Config.Labels[LABELS.role] as Server['role'],
      container: facts.Name.replace(/^\//, ''),
      facts,
      webGateway: gateways.find(each => each.Config.Labels[LABELS.server] === facts.Config.Labels[LABELS.server]),
    }))
    .sort((a, b) => b.role.localeCompare(a.role) || a.name.localeCompare(b.name, 'en', { numeric: true }));
}

/** As `findServers`, but a cluster without servers is an error. */
export async function requireServers(cluster: string): Promise<Server[]> {
  const servers = await findServers(cluster);
  if (servers.length > 0) return servers;
  throw new UserError(
    `no server carries the label ${LABELS.cluster}=${cluster}; start the cluster with ./ecp up, or name another with --cluster`,
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

/** Asks every server at once for its status. */
export async function reportServers(servers: readonly Server[]): Promise<ServerReport[]> {
  return Promise.all(servers.map(reportServer));
}

/** Where a person finds the web pages of a server, when a port is published. */
export function webUrlOf({ facts, webGateway }: Server): string | undefined {
  const port = webGateway
    ? webGateway.NetworkSettings.Ports['80/tcp']?.[0]
    : facts.NetworkSettings.Ports[`${WEB_PORT}/tcp`]?.[0];
  return port ? `http://${port.HostIp}:${port.HostPort}/` : undefined;
}

async function reportServer(server: Server): Promise<ServerReport> {
  const { facts } = server;
  const base = { server, webUrl: webUrlOf(server), since: facts.State.StartedAt, drift: networkDrift(server) };
  if (!facts.State.Running || facts.State.Status === 'paused') {
    const reason =
      facts.State.Status === 'paused'
        ? 'the container is paused'
        : `the container is not running (exit code ${facts.State.ExitCode})`;
    return { ...base, state: facts.State.Status, reason: facts.State.OOMKilled ? `${reason}: out of memory` : reason };
  }
  const answer = await run('docker', ['exec', facts.Id, 'ecp-node', 'status'], { timeoutSec: 15 });
  let status: NodeStatus;
  try {
    status = JSON.parse(answer.stdout) as NodeStatus;
  } catch {
    const words = (answer.stderr || answer.stdout).trim().split('\n').pop() ?? '';
    return {
      ...base,
      state: 'unknown',
      reason: `ecp-node status did not answer: ${words || `exit code ${answer.code}`}`,
    };
  }
  const notAfter = Date.parse(status.certificate.notAfter);
  return {
    ...base,
    status,
    state: status.state,
    reason: status.reason,
    since: status.since,
    certificateDaysLeft: Number.isNaN(notAfter) ? undefined : Math.floor((notAfter - Date.now()) / 86_400_000),
    drift: [...base.drift, ...configDrift(status)],
  };
}

function networkDrift({ facts }: Server): string[] {
  const connected = Object.values(facts.NetworkSettings.Networks);
  return connected.length === 0 ? ['the container is connected to no network'] : [];
}

function configDrift({ config }: NodeStatus): string[] {
  if (config.expected === config.actual) return [];
  return [
    `config.json was changed by hand (sha256 ${config.actual.slice(0, 12)}, deployed was ${config.expected.slice(0, 12)})`,
  ];
}
