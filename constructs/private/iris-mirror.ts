import { ARBITER_NAME } from '../../contract/contract';
import { Refusal } from '../../contract/refusal';
import type { EcpImageServer } from '../ecp-image';

/** Where images/iris has the three files that ConfigMirror wants, under their names. */
const TLS_DIRECTORY = '/opt/ecp/mirror-tls';

/** InterSystems, Configuration Parameter File Reference, [MirrorMember] SystemName. */
const LONGEST_NAME = 32;

/** Port of the ISCAgent: InterSystems, Running InterSystems Products in Containers, `--ISCAgentPort`. */
const AGENT_PORT = 2188;

/** What `IrisImage` knows of a mirror. */
export interface IrisMirror {
  /** Base image, for sentences. */
  readonly baseImage: string;
  /** Whether a backup of that release copies databases by itself, and lets a member in by its subject. */
  readonly isReleaseKnown: boolean;
  /** Host and port of an arbiter elsewhere. */
  readonly arbiterAddress?: string;
}

/**
 * The action by which a member makes or joins its mirror (InterSystems, Automating Configuration with Configuration Merge, "ConfigMirror
 * Arguments"; Configuration Parameter File Reference, "ConfigMirror"). The image changes its roles when the first member's data was lost.
 *
 * @throws Refusal when InterSystems documents no way.
 */
export function configMirror(
  { mirror, keyAlgorithm }: EcpImageServer,
  { baseImage, isReleaseKnown, arbiterAddress }: IrisMirror,
): readonly string[] {
  if (mirror === undefined) return [];
  if (!isReleaseKnown)
    throw new Refusal(
      `'mirror' must be left out for InterSystems IRIS before 2025.1, where a new backup does not copy databases by itself, got '${mirror.name}' with '${baseImage}'; take it out, or choose a newer release`,
    );
  if (keyAlgorithm !== 'RSA')
    throw new Refusal(
      `'keyAlgorithm' must be 'RSA' in a mirror of InterSystems IRIS, whose action ConfigMirror has no place for another key type, got '${keyAlgorithm}'; choose RSA`,
    );
  if (arbiterAddress !== undefined && mirror.arbiter)
    throw new Refusal(
      `'arbiterAddress' must be left out where 'mirror' has an arbiter of its own, got '${arbiterAddress}'; take it out, or set 'arbiter' of the mirror to false`,
    );
  for (const member of mirror.members)
    if (member.length > LONGEST_NAME)
      throw new Refusal(
        `'mirror' must name members of InterSystems IRIS with at most ${LONGEST_NAME} characters, got '${member}'; choose a shorter name`,
      );
  const { server } = mirror;
  const [first] = mirror.members;
  const arbiter = mirror.arbiter ? `${ARBITER_NAME}:${AGENT_PORT}` : arbiterAddress;
  const values = {
    Name: mirror.name.toUpperCase(),
    Member: server === first ? 'primary' : 'backup',
    Primary: first,
    SystemName: server.toUpperCase(),
    SSLDir: TLS_DIRECTORY,
    UseSSL: 1,
    ECPAddress: server,
    ...(arbiter === undefined ? {} : { ArbiterURL: arbiter }),
  };
  const words = Object.entries(values).map(([key, value]) => `${key}=${value}`);
  return [`ConfigMirror:${words.join(',')}`];
}

/** Host and port, or a host whose ISCAgent listens at its usual port. */
export function requireArbiterAddress(address: string | undefined): string | undefined {
  if (address === undefined) return undefined;
  const [, host, port = AGENT_PORT] =
    /^([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::(\d{1,5}))?$/.exec(address) ?? [];
  if (host === undefined || Number(port) < 1 || Number(port) > 65535)
    throw new Refusal(
      `'arbiterAddress' must be a host name or address, with or without a port, got '${address}'; such as arbiter.example.org:${AGENT_PORT}`,
    );
  return `${host}:${port}`;
}

/** Last part of a directory, whose database has that name in a mirror, in capitals (images/iris/src/EcpCluster/Mirror.cls). */
export function mirroredName(directory: string): string {
  return /([^/]*)\/*$/.exec(directory)![1]!.toUpperCase();
}

/** InterSystems, class reference of Config.ECPServers, `MirrorConnection`: mirrored databases are found by their names in the mirror. */
export function mirroredDirectory(mirror: string, directory: string): string {
  return directory.startsWith(':') ? directory : `:mirror:${mirror.toUpperCase()}:${mirroredName(directory)}`;
}
