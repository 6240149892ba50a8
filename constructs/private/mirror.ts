import { BACKUP_NAME } from '../../contract/backup';
import { ARBITER_NAME, FILES } from '../../contract/contract';
import { ENTRY_POINT_NAME } from '../../contract/entry-point';
import { ALERTMANAGER, MONITORING_NAME, PROMETHEUS } from '../../contract/monitoring';
import { dataVolumeName, FILES_SUFFIX, serverVolumeName, WEB_SUFFIX } from '../../contract/names';
import { Refusal } from '../../contract/refusal';
import type { EcpImage, EcpServerFile } from '../ecp-image';
import type { EcpMirrorOptions } from '../ecp-mirror';
import type { IEcpPlatform } from '../platform/ecp-platform';
import { requireKnown, requireName } from './validate';

/** Names of the containers that a cluster may have beside its servers. */
const PARTS: readonly string[] = [
  ...[ARBITER_NAME, BACKUP_NAME, ENTRY_POINT_NAME, MONITORING_NAME, PROMETHEUS.name, ALERTMANAGER.name],
  ...['image', 'network', 'pki', 'web-gateway'],
];

/**
 * @throws Refusal when a name is none, or is taken, or when the engine or the platform has no mirrors.
 */
export function requireMirror(mirror: EcpMirrorOptions, image: EcpImage, platform: IEcpPlatform | undefined): void {
  requireKnown('mirror', mirror);
  const { name, members } = mirror;
  if (typeof name !== 'string' || !/^[A-Za-z][A-Za-z0-9]{0,14}$/.test(name))
    throw new Refusal(
      `'mirror' must have a name of 1 to 15 letters and digits, the first a letter, got '${name}'; choose another`,
    );
  if (!image.features?.mirrors)
    throw new Refusal(
      `'mirror' must be left out for the engine '${image.engine}', whose mirrors this package does not set up, got '${name}'; take it out`,
    );
  if (platform?.schedules)
    throw new Refusal(
      `'mirror' must be left out on a swarm, which would move members away from their data, got '${name}'; take it out, or use a DockerHost`,
    );
  requireMembers(members);
}

function requireMembers(members: readonly string[]): void {
  if (!Array.isArray(members) || members.length !== 2)
    throw new Refusal(
      `'mirror' must have two members, got ${JSON.stringify(members) ?? 'none'}; name two data servers, such as 'data-server-a' and 'data-server-b'`,
    );
  for (const member of members as readonly string[]) {
    requireName('mirror', member);
    if (PARTS.includes(member) || [FILES_SUFFIX, WEB_SUFFIX].some(suffix => member.endsWith(suffix)))
      throw new Refusal(
        `'mirror' must not name a member like another part of the cluster, got '${member}'; choose another, such as 'data-server-a'`,
      );
    if (/^app-server-[1-9]\d*$/.test(member))
      throw new Refusal(
        `'mirror' must leave names of the form 'app-server-N' to application servers, got '${member}'; choose another, such as 'data-server-a'`,
      );
  }
  if (members[0] === members[1])
    throw new Refusal(`'mirror' must have two different members, got '${members[0]}' twice; rename one of the two`);
}

/** Environment variables by which a member and the arbiter know the mirror. */
export function mirrorEnvironment({ name, members, arbiter }: EcpMirrorOptions): Record<string, string> {
  return {
    ECP_MIRROR: name,
    ...followEnvironment(members),
    ...(arbiter ? { ECP_MIRROR_ARBITER: ARBITER_NAME } : {}),
  };
}

/** Environment variables by which an application server follows the primary. */
export function followEnvironment(members: readonly string[]): Record<string, string> {
  return { ECP_MIRROR_MEMBERS: members.join(' ') };
}

/** Who may connect to the port of the mirror: one certificate subject a line. */
export function mirrorMembersFile({ members, arbiter }: EcpMirrorOptions): EcpServerFile {
  const subjects = [...members, ...(arbiter ? [ARBITER_NAME] : [])];
  return { path: FILES.mirrorMembers, content: subjects.map(name => `CN=${name}\n`).join('') };
}

/** Volume with a member's data. The first member has the one that a cluster without a mirror has. */
export function memberVolumeName(clusterName: string, name: string, mirror: EcpMirrorOptions | undefined): string {
  return mirror === undefined || name === mirror.members[0]
    ? dataVolumeName(clusterName)
    : serverVolumeName(clusterName, name);
}
