import { X509Certificate } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { FILES, FILES_DIRECTORY } from '../../constructs/private/contract';
import { caNumber } from './ca-numbers';
import type { ServerTrust } from './ca-steps';
import {
  findServers,
  reportServers,
  requireServers,
  type CertificateStatus,
  type Server,
  type ServerReport,
} from '../cluster';
import { docker } from '../docker';
import { run } from '../process';
import { idsInState } from '../terraform/terraform';
import { UserError, type Progress } from '../terminal';

/** The certificate of the files that were delivered to a server, as `status` would tell of it. */
type Delivered = Required<Pick<CertificateStatus, 'issuer' | 'serial' | 'authorities'>>;

/** Whom the servers trust at this moment that the state knows and that can be asked; others are made anew or started by a deploy. */
export async function trustInUse(cluster: string, stateFile: string): Promise<ServerTrust[]> {
  const known = idsInState(stateFile, 'docker_container');
  const servers = (await findServers(cluster)).filter(({ facts }) => known.has(facts.Id));
  const trusts = (await reportServers(servers)).map(async ({ server, status }): Promise<ServerTrust[]> => {
    if (!status) return [];
    // An image of an earlier release does not tell; its files do.
    const { issuer, authorities } = { ...(await deliveredTo(server)), ...status.certificate };
    const numbers = authorities.flatMap(({ subject }) => caNumber(subject) ?? []);
    return [{ server: server.name, signedBy: caNumber(issuer), trusts: numbers }];
  });
  return (await Promise.all(trusts)).flat();
}

/**
 * Waits until every server is Normal and has the files in use that were delivered to it, and each application server has then reached
 * the data server by a new connection.
 *
 * @throws UserError with the server and its reason when one has not within the time.
 */
export async function awaitFilesInUse(cluster: string, timeoutSec: number, progress: Progress): Promise<void> {
  const end = Date.now() + timeoutSec * 1000;
  for (;;) {
    const reports = await reportServers(await requireServers(cluster));
    const waiting = (await Promise.all(reports.map(whatIsMissing))).filter(each => each !== undefined);
    const missing = waiting.length > 0 ? waiting : await whoIsCutOff(reports);
    if (missing.length === 0) return;
    if (Date.now() > end) {
      throw new UserError(
        `not every server uses its new files after ${timeoutSec} s: ${missing.join('; ')}; mend that (./ecp status, docker logs), then run the same command again`,
      );
    }
    progress(missing.join(', '));
    await setTimeout(300);
  }
}

async function whatIsMissing({ server, state, reason, status }: ServerReport): Promise<string | undefined> {
  if (state !== 'Normal' || !status) return `${server.name} is ${state}${reason ? ` (${reason})` : ''}`;
  const delivered = await deliveredTo(server);
  if (isInUse(delivered, status.certificate)) return undefined;
  return `${server.name} has not taken them yet${reason ? ` (${reason})` : ''}`;
}

/** On the rehearsal engine a `sync` is a connection of its own: old and new files have to go together. */
async function whoIsCutOff(reports: readonly ServerReport[]): Promise<string[]> {
  const appServers = reports.filter(({ server }) => server.role === 'app-server');
  const found = appServers.map(async ({ server: { name, facts } }) => {
    const { code, stderr } = await run('docker', ['exec', facts.Id, 'ecp-node', 'sync'], { timeoutSec: 20 });
    const words = stderr.trim() || `exit code ${code}`;
    return code === 0 ? [] : [`${name} does not reach the data server by a new connection (${words})`];
  });
  return (await Promise.all(found)).flat();
}

function isInUse(delivered: Delivered, { serial, authorities = [] }: CertificateStatus): boolean {
  const list = (trusted: CertificateStatus['authorities']): string =>
    (trusted ?? []).map(({ subject, notAfter }) => `${subject} ${Date.parse(notAfter)}`).join('\n');
  return delivered.serial === serial && list(delivered.authorities) === list(authorities);
}

/** Reads the certificates, which are public; the key next to them is not touched. */
async function deliveredTo({ facts }: Server): Promise<Delivered> {
  const read = (file: string): Promise<string> => docker(['exec', facts.Id, 'cat', `${FILES_DIRECTORY}/${file}`]);
  const [leaf, bundle] = await Promise.all([read(FILES.certificate), read(FILES.caBundle)]);
  const { issuer, serialNumber } = new X509Certificate(leaf);
  const authorities = (bundle.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []).map(pem => {
    const { subject, validTo } = new X509Certificate(pem);
    return { subject, notAfter: validTo };
  });
  return { issuer, serial: serialNumber, authorities };
}
