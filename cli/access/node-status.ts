import { mirrorStatusOf, type MirrorStatus } from './mirror-status';

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
  /** Subjects that the data server refuses on request. */
  readonly fenced: readonly string[];
  /** Admitted subjects whose writes the data server refuses. */
  readonly readOnly: readonly string[];
  readonly refused: readonly { readonly subject: string; readonly why: string; readonly at: string }[];
  readonly certificate: CertificateStatus;
  readonly config: { readonly expected: string; readonly actual: string };
  readonly ignored: readonly string[];
  /** Of a member of a mirror. */
  readonly mirror?: MirrorStatus;
  /** Of a data server that is backed up. */
  readonly backup?: BackupStatus;
}

/** What the backup container says of its last runs; what has not been is empty or 0. */
export interface BackupStatus {
  /** Id of the newest backup, and when its copy was made. */
  readonly id: string;
  readonly at: string;
  /** Size of the database. */
  readonly bytes: number;
  readonly durationSec: number;
  /** Id of the backup that was last restored and found to be as noted, and when. */
  readonly verified: string;
  readonly verifiedAt: string;
  /** Why the last run was not kept. */
  readonly fault: string;
}

/**
 * Reads what `ecp-node status` printed. A server may print anything: members that are not what they should be are empty then.
 *
 * @returns undefined when it is no status at all.
 */
export function readNodeStatus(text: string): NodeStatus | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const status = membersOf(value);
  if (typeof status.state !== 'string' || status.state === '') return undefined;
  const config = membersOf(status.config);
  return {
    engine: textOf(status.engine),
    role: textOf(status.role),
    server: textOf(status.server),
    state: status.state,
    since: textOf(status.since),
    reason: textOf(status.reason),
    peers: listOf(status.peers).map(peer => ({ name: textOf(peer.name), state: textOf(peer.state) })),
    admitted: textsOf(status.admitted),
    refused: listOf(status.refused).map(({ subject, why, at }) => ({
      subject: textOf(subject),
      why: textOf(why),
      at: textOf(at),
    })),
    certificate: readCertificate(status.certificate),
    config: { expected: textOf(config.expected), actual: textOf(config.actual) },
    fenced: textsOf(status.fenced),
    readOnly: textsOf(status.readOnly),
    ignored: textsOf(status.ignored),
    ...(status.mirror === undefined ? {} : { mirror: mirrorStatusOf(membersOf(status.mirror)) }),
    ...(status.backup === undefined ? {} : { backup: backupOf(membersOf(status.backup)) }),
  };
}

function backupOf(backup: Readonly<Record<string, unknown>>): BackupStatus {
  const numberOf = (value: unknown): number => (typeof value === 'number' ? value : 0);
  return {
    id: textOf(backup.id),
    at: textOf(backup.at),
    bytes: numberOf(backup.bytes),
    durationSec: numberOf(backup.durationSec),
    verified: textOf(backup.verified),
    verifiedAt: textOf(backup.verifiedAt),
    fault: textOf(backup.fault),
  };
}

/** What a server says of the certificate that it has in use; what an image of an earlier release does not report stays undefined. */
export function readCertificate(value: unknown): CertificateStatus {
  const { subject, issuer, serial, notBefore, notAfter, authorities } = membersOf(value);
  return {
    subject: textOf(subject),
    issuer: textOf(issuer),
    ...(typeof serial === 'string' ? { serial } : {}),
    ...(typeof notBefore === 'string' ? { notBefore } : {}),
    notAfter: textOf(notAfter),
    ...(Array.isArray(authorities)
      ? {
          authorities: listOf(authorities).map(each => ({
            subject: textOf(each.subject),
            notAfter: textOf(each.notAfter),
          })),
        }
      : {}),
  };
}

type Members = Readonly<Record<string, unknown>>;

function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function listOf(value: unknown): Members[] {
  return Array.isArray(value) ? value.map(membersOf) : [];
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter(each => typeof each === 'string') : [];
}
