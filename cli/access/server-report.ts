import { WEB_PORT } from '../../contract/contract';
import { reachableAddress } from '../../contract/reachable-address';
import { mapConcurrently } from '../map-concurrently';
import { askStatus } from './node';
import { type CertificateStatus, type NodeStatus, readNodeStatus } from './node-status';
import type { ProbeOutput } from './probe-output';
import type { Server } from './servers';

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
  /** With its fraction. */
  readonly certificateDaysLeft?: number;
  readonly webUrl?: string;
  /** What differs from what was deployed, in words that follow the server's name. */
  readonly drift: readonly string[];
}

/** Each question is a process of its own; more at once would only wait for each other. */
const QUESTIONS_AT_ONCE = 16;

/**
 * Asks every server for its status.
 *
 * @param told What is known of a server already, so that it need not be asked.
 */
export async function reportServers(
  servers: readonly Server[],
  told: (server: Server) => ProbeOutput | undefined = () => undefined,
): Promise<ServerReport[]> {
  return mapConcurrently(QUESTIONS_AT_ONCE, servers, server => {
    const words = told(server);
    if (!words) return reportServer(server);
    const certificateDaysLeft = daysUntil(words.certificate.notAfter);
    return Promise.resolve({ server, ...words, certificateDaysLeft, webUrl: webUrlOf(server), drift: [] });
  });
}

/** Adds what is known to differ to what the servers say of themselves. */
export function withDrift(
  reports: readonly ServerReport[],
  drift: readonly { readonly server: string; readonly what: string }[],
): ServerReport[] {
  return reports.map(report => {
    const known = drift.filter(({ server }) => server === report.server.name).map(({ what }) => what);
    const isKnown = known.some(each => each.includes('config.json'));
    return { ...report, drift: [...known, ...(isKnown ? [] : report.drift)] };
  });
}

function daysUntil(time: string): number | undefined {
  const at = Date.parse(time);
  return Number.isNaN(at) ? undefined : (at - Date.now()) / 86_400_000;
}

/** Where a person finds the web pages of a server, when a port is published. */
export function webUrlOf({ facts, webGateway }: Server): string | undefined {
  const port = webGateway
    ? webGateway.NetworkSettings.Ports['80/tcp']?.[0]
    : facts.NetworkSettings.Ports[`${WEB_PORT}/tcp`]?.[0];
  return port ? `http://${reachableAddress(port.HostIp)}:${port.HostPort}/` : undefined;
}

async function reportServer(server: Server): Promise<ServerReport> {
  const { facts } = server;
  const base = { server, webUrl: webUrlOf(server), since: sinceOf(server), drift: [] };
  if (!facts.State.Running || facts.State.Status === 'paused') {
    const reason =
      facts.State.Status === 'paused'
        ? 'the container is paused'
        : `the container is not running (exit code ${facts.State.ExitCode})`;
    return { ...base, state: facts.State.Status, reason: facts.State.OOMKilled ? `${reason}: out of memory` : reason };
  }
  const answer = await askStatus(facts);
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
    drift: configDrift(status),
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
