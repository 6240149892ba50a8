import { FENCED, isAsWanted } from '../access/fenced';
import { X509Certificate } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { FILES } from '../../contract/contract';
import { authorityNumber } from '../../contract/pki';
import { execIn } from '../access/container';
import { deliveryOf, readDeliveredFile } from '../access/delivered-files';
import type { ContainerFacts } from '../access/docker';
import { containersOf } from '../access/found-containers';
import type { CertificateStatus } from '../access/node-status';
import { reportServers, type ServerReport } from '../access/server-report';
import { findContainers, serversAmong, type Server } from '../access/servers';
import { silentInWords, type SilentNode } from '../access/silent-nodes';
import { SWARM_SERVICE } from '../access/swarm-label';
import { mapConcurrently } from '../map-concurrently';
import { UserError, type Progress } from '../terminal';
import { idsInState } from '../terraform/terraform';
import type { ServerTrust } from './ca-steps';

/** Each question is up to two processes, and a `sync` has a deadline of its own. */
const QUESTIONS_AT_ONCE = 8;

/** The certificate of the files that were delivered to a server, as `status` would report it. */
export type Delivered = Required<Pick<CertificateStatus, 'issuer' | 'serial' | 'authorities'>>;

/**
 * Which authorities are trusted at this moment by the servers that the state knows and that can be asked; a deploy recreates or starts the
 * others.
 *
 * @param expected Names of the servers that must be seen while a node does not answer.
 * @throws UserError when one of them is not: it may run there, and trust what it likes.
 */
export async function trustInUse(
  cluster: string,
  stateFile: string,
  expected: readonly string[],
): Promise<ServerTrust[]> {
  const { containers, silent } = await containersOf(cluster);
  const found = serversAmong(containers);
  const absent = absentAmong(expected, found);
  if (silent.length > 0 && absent.length > 0)
    throw new UserError(
      `${silentInWords(silent)}, and the authorities that ${absent.join(' and ')} may trust are not known: nothing was changed; run the same command when it answers`,
    );
  const known = new Set([...idsInState(stateFile, 'docker_container'), ...idsInState(stateFile, 'docker_service')]);
  const isKnown = ({ Id: id, Config: { Labels: labels } }: ContainerFacts): boolean =>
    known.has(id) || known.has(labels[SWARM_SERVICE] ?? '');
  const servers = found.filter(({ facts }) => isKnown(facts));
  const trusts = await mapConcurrently(
    QUESTIONS_AT_ONCE,
    await reportServers(servers),
    async ({ server, status }): Promise<ServerTrust[]> => {
      if (!status) return [];
      return [trustOf(server.name, await deliveredTo(server), status.certificate)];
    },
  );
  return trusts.flat();
}

/**
 * What a server says of its trust or, where it says nothing, what its files say: an image of an earlier release does not report it, and
 * a server that starts, or refuses its configuration, has nothing in use yet.
 */
export function trustOf(server: string, delivered: Delivered, inUse: CertificateStatus): ServerTrust {
  const { issuer, authorities = [] } = inUse.authorities?.length ? inUse : delivered;
  return {
    server,
    signedBy: authorityNumber(issuer),
    trusts: authorities.flatMap(({ subject }) => authorityNumber(subject) ?? []),
  };
}

function absentAmong(expected: readonly string[], servers: readonly Server[]): string[] {
  return expected.filter(name => !servers.some(each => each.name === name));
}

/**
 * Waits until every server is Normal and has the files in use that were delivered to it, and each application server has then reached
 * the data server by a new connection, unless it is fenced.
 *
 * @param expected Names of the servers that have to be there.
 * @throws UserError with the server and its reason when one has not within the time, or at once when its image cannot tell.
 */
export async function awaitFilesInUse(
  cluster: string,
  expected: readonly string[],
  timeoutSec: number,
  progress: Progress,
): Promise<void> {
  const end = Date.now() + timeoutSec * 1000;
  // Not asked again: one that has become unhealthy since does not reach the data server, or is not reached.
  const ready = new Set<string>();
  // Those have their files, and no connection, as somebody wants it.
  const fenced = new Set<string>();
  for (;;) {
    const { containers, silent } = await containersOf(cluster);
    const servers = serversAmong(containers);
    const absent = absentAmong(expected, servers).map(name => `${name} is not there${inBrackets(silent)}`);
    const reports = await reportServers(servers.filter(({ name }) => !ready.has(name)));
    const words = await mapConcurrently(QUESTIONS_AT_ONCE, reports, whatIsMissing);
    reports.forEach(({ server }, index) => words[index] === undefined && ready.add(server.name));
    for (const { server, state } of reports) if (state === FENCED) fenced.add(server.name);
    const waiting = [...absent, ...words.filter(each => each !== undefined)];
    const missing = waiting.length > 0 ? waiting : await whoIsCutOff(servers.filter(({ name }) => !fenced.has(name)));
    if (missing.length === 0) return;
    if (Date.now() > end) {
      throw new UserError(
        `not every server uses its new files after ${timeoutSec} s: ${missing.join('; ')}; fix that (./ecp status, docker logs), then run the same command again`,
      );
    }
    progress(missing.join(', '));
    await setTimeout(300);
  }
}

function inBrackets(silent: readonly SilentNode[]): string {
  return silent.length > 0 ? ` (${silentInWords(silent)})` : '';
}

/** What a remote Docker host's clock may be behind. */
const SKEW_MS = 60_000;

const TAKING_SEC = 10;

/**
 * Gives servers that got files while they ran some seconds to take them, so that what they say then is not of before. Files that cannot be
 * used, and images that do not report it, are for others to complain about.
 *
 * @param since Time in milliseconds after which the files were delivered.
 */
export async function letFilesBeTaken(cluster: string, since: number): Promise<void> {
  const end = Date.now() + TAKING_SEC * 1000;
  const containers = await findContainers(cluster);
  let waiting = serversAmong(containers).filter(server =>
    gotFilesInPlace(server.facts, deliveryOf(server, containers), since - SKEW_MS),
  );
  while (waiting.length > 0 && Date.now() < end) {
    const reports = await reportServers(waiting);
    const missing = await mapConcurrently(QUESTIONS_AT_ONCE, reports, report =>
      whatIsMissing(report).catch(() => undefined),
    );
    waiting = waiting.filter((_, index) => missing[index] !== undefined);
    if (waiting.length > 0) await setTimeout(300);
  }
}

/** True when files were delivered to a server after it had started, and after a time. */
export function gotFilesInPlace(server: ContainerFacts, delivery: ContainerFacts | undefined, since: number): boolean {
  if (!delivery || !server.State.Running) return false;
  const delivered = Date.parse(delivery.State.FinishedAt);
  return delivered > since && delivered > Date.parse(server.State.StartedAt);
}

async function whatIsMissing({ server, state, reason, status }: ServerReport): Promise<string | undefined> {
  if (!isAsWanted(state) || !status) return `${server.name} is ${state}${reason ? ` (${reason})` : ''}`;
  requireTelling(server.name, status.certificate);
  const delivered = await deliveredTo(server);
  if (isInUse(delivered, status.certificate)) return undefined;
  return `${server.name} has not taken them yet${reason ? ` (${reason})` : ''}`;
}

/** @throws UserError for a server whose image is of a release that does not report which files are in use: no wait would end. */
export function requireTelling(server: string, { serial, authorities }: CertificateStatus): void {
  if (serial !== undefined && authorities !== undefined) return;
  throw new UserError(
    `the image of ${server} is of an earlier release and does not report which files the server uses; run ./ecp up first`,
  );
}

/** On the rehearsal engine a `sync` is a connection of its own: old and new files have to go together. */
async function whoIsCutOff(servers: readonly Server[]): Promise<string[]> {
  const appServers = servers.filter(({ role }) => role === 'app-server');
  const found = await mapConcurrently(QUESTIONS_AT_ONCE, appServers, async ({ name, facts }) => {
    const { code, stderr } = await execIn(facts, ['ecp-node', 'sync'], { timeoutSec: 20 });
    const words = stderr.trim() || `exit code ${code}`;
    return code === 0 ? [] : [`${name} does not reach the data server by a new connection (${words})`];
  });
  return found.flat();
}

function isInUse(delivered: Delivered, { serial, authorities = [] }: CertificateStatus): boolean {
  const list = (trusted: CertificateStatus['authorities']): string =>
    (trusted ?? []).map(({ subject, notAfter }) => `${subject} ${Date.parse(notAfter)}`).join('\n');
  return delivered.serial === serial && list(delivered.authorities) === list(authorities);
}

/** Reads the certificates, which are public; the key next to them is not touched. */
async function deliveredTo(server: Server): Promise<Delivered> {
  const [leaf, bundle] = await Promise.all([
    readDeliveredFile(server, FILES.certificate),
    readDeliveredFile(server, FILES.caBundle),
  ]);
  const { issuer, serialNumber } = new X509Certificate(leaf);
  const authorities = (bundle.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []).map(pem => {
    const { subject, validTo } = new X509Certificate(pem);
    return { subject, notAfter: validTo };
  });
  return { issuer, serial: serialNumber, authorities };
}
