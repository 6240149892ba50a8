import { LABELS, WEB_PORT } from '../contract/contract';
import { atMost } from './at-most';
import { containersWithLabel, type ContainerFacts } from './docker';
import type { Drift } from './drift/drift';
import { readNodeStatus } from './node-status';
import type { ProbeWords } from './probe-words';
import { run } from './process';
import { containersKnown } from './terraform/known-containers';
import { UserError } from './terminal';

/** The certificate that a server has in use. What is optional, an image of an earlier release does not report. */
export interface CertificateStatus {
  readonly subject: string;
  readonly issuer: string;
  /** In hexadecimal. */
  readonly serial?: string;
  readonly notBefore?: string;
  readonly notAfter: string;
  /** The trusted root certificates. */
  readonly authorities?: readonly { readonly subject: string; readonly notAfter: string }[];
}

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
  readonly certificate: CertificateStatus;
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
  /** ISO 8601; empty when nobody can tell. */
  readonly since: string;
  /** What the server printed, when it could be asked. */
  readonly status?: NodeStatus;
  /** Of a server that was not asked, since its last probe had told. */
  readonly certificate?: CertificateStatus;
  readonly certificateDaysLeft?: number;
  readonly webUrl?: string;
  /** What differs from what was deployed, in words that follow the server's name. */
  readonly drift: readonly string[];
}

/** The servers of a cluster by their labels, data server first: whoever deployed them, on whatever Docker host. */
export async function findServers(cluster: string): Promise<Server[]> {
  return serversAmong(await findContainers(cluster));
}

/** All containers of a cluster: servers, deliveries and web gateways. */
export function findContainers(cluster: string): Promise<ContainerFacts[]> {
  return containersWithLabel(`${LABELS.cluster}=${cluster}`);
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

/** Each question is a process of its own; more at once would only wait for each other. */
const QUESTIONS_AT_ONCE = 16;

/** Why nothing can be run in a server, and what to do; Docker's own words would be an id. */
export function whyOutOfReach({ container, facts }: Server): string | undefined {
  const { State: state } = facts;
  if (state.Paused) return `is paused; docker unpause ${container} lets it go on`;
  if (state.Running) return undefined;
  const deployedHere = containersKnown(facts.Config.Labels[LABELS.cluster] ?? '', [facts]).length > 0;
  // ./ecp up would take the containers of another stack for leftovers.
  const starter = deployedHere ? './ecp up' : `docker start ${container}`;
  return `does not run (${state.Status}, exit code ${state.ExitCode}); ${starter} starts it`;
}

/**
 * Asks every server for its status, and adds what is known to differ.
 *
 * @param told What is known of a server already, so that it need not be asked.
 */
export async function reportServers(
  servers: readonly Server[],
  drift: readonly Drift[] = [],
  told: (server: Server) => ProbeWords | undefined = () => undefined,
): Promise<ServerReport[]> {
  return atMost(QUESTIONS_AT_ONCE, servers, server => {
    const ofServer = drift.filter(each => each.server === server.name).map(({ what }) => what);
    const words = told(server);
    if (!words) return reportServer(server, ofServer);
    const certificateDaysLeft = daysUntil(words.certificate.notAfter);
    return Promise.resolve({ server, ...words, certificateDaysLeft, webUrl: webUrlOf(server), drift: ofServer });
  });
}

function daysUntil(time: string): number | undefined {
  const at = Date.parse(time);
  return Number.isNaN(at) ? undefined : Math.floor((at - Date.now()) / 86_400_000);
}

/** Where a person finds the web pages of a server, when a port is published. */
export function webUrlOf({ facts, webGateway }: Server): string | undefined {
  const port = webGateway
    ? webGateway.NetworkSettings.Ports['80/tcp']?.[0]
    : facts.NetworkSettings.Ports[`${WEB_PORT}/tcp`]?.[0];
  return port ? `http://${port.HostIp}:${port.HostPort}/` : undefined;
}

async function reportServer(server: Server, drift: readonly string[]): Promise<ServerReport> {
  const { facts } = server;
  const base = { server, webUrl: webUrlOf(server), since: sinceOf(server), drift };
  if (!facts.State.Running || facts.State.Status === 'paused') {
    const reason =
      facts.State.Status === 'paused'
        ? 'the container is paused'
        : `the container is not running (exit code ${facts.State.ExitCode})`;
    return { ...base, state: facts.State.Status, reason: facts.State.OOMKilled ? `${reason}: out of memory` : reason };
  }
  const answer = await run('docker', ['exec', facts.Id, 'ecp-node', 'status'], { timeoutSec: 15 });
  const status = readNodeStatus(answer.stdout);
  if (!status) {
    const words = (answer.stderr || answer.stdout).trim().split('\n').pop() ?? '';
    return {
      ...base,
      state: 'unknown',
      reason: `ecp-node status did not answer: ${words || `exit code ${answer.code}`}`,
    };
  }
  return {
    ...base,
    status,
    state: status.state,
    reason: status.reason,
    since: status.since,
    certificateDaysLeft: daysUntil(status.certificate.notAfter),
    drift: [...drift, ...(drift.some(each => each.includes('config.json')) ? [] : configDrift(status))],
  };
}

/** When Docker started or ended the container; it does not say when one was paused or made. */
function sinceOf({ facts: { State } }: Server): string {
  if (State.Status === 'paused' || State.Status === 'created') return '';
  return State.Running ? State.StartedAt : State.FinishedAt;
}

function configDrift({ config }: NodeStatus): string[] {
  if (config.expected === config.actual) return [];
  return [
    `config.json was changed by hand (sha256 ${config.actual.slice(0, 12)}, deployed was ${config.expected.slice(0, 12)})`,
  ];
}
