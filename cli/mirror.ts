import { LABELS } from '../contract/contract';
import type { ContainerFacts } from './access/docker';
import type { MirrorStatus } from './access/mirror-status';
import type { ServerReport } from './access/server-report';
import type { Server } from './access/servers';

/** Whether a container is a data server of a mirror. */
export function isMirrorMember(facts: ContainerFacts): boolean {
  return facts.Config.Labels[LABELS.role] === 'data-server' && variableOf(facts, 'ECP_MIRROR') !== undefined;
}

function variableOf({ Config: { Env: environment } }: ContainerFacts, name: string): string | undefined {
  return environment?.find(each => each.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** Names of the members of the mirror that a data server is in, in their order; none for one that is in no mirror. */
export function membersNamedBy({ facts }: Server): readonly string[] {
  return variableOf(facts, 'ECP_MIRROR_MEMBERS')?.split(' ') ?? [];
}

/** A cluster's data servers: of a mirror the one first that has the data volume of a cluster without one. */
export function dataServersAmong(servers: readonly Server[]): Server[] {
  const found = servers.filter(({ role }) => role === 'data-server');
  const [first] = found.flatMap(membersNamedBy);
  return [...found.filter(({ name }) => name === first), ...found.filter(({ name }) => name !== first)];
}

/** A member of a mirror that says what it is there. */
export type MemberReport = ServerReport & { readonly mirror: MirrorStatus };

/** The members of a cluster's mirror that answer. */
export function membersOf(servers: readonly ServerReport[]): MemberReport[] {
  return servers.flatMap(each => {
    const mirror = each.server.role === 'data-server' ? each.status?.mirror : undefined;
    return mirror ? { ...each, mirror } : [];
  });
}

/** The member that is the primary, of the highest epoch where two take themselves for it. */
export function primaryOf(servers: readonly ServerReport[]): MemberReport | undefined {
  return membersOf(servers)
    .filter(({ mirror }) => mirror.role === 'primary')
    .sort((a, b) => b.mirror.epoch - a.mirror.epoch)[0];
}

/** Whether the backup has everything that was acknowledged, and is told so by the primary that serves. */
export function hasActiveBackup(servers: readonly ServerReport[]): boolean {
  const primary = primaryOf(servers);
  return primary?.state === 'Normal' && primary.mirror.backup === 'active';
}

/** Sentences on what a mirror cannot do at this moment. */
export function mirrorWarnings(servers: readonly ServerReport[]): string[] {
  const members = membersOf(servers);
  const [first] = members;
  if (!first) return [];
  const primary = primaryOf(servers);
  const { name } = first.mirror;
  // Of a backup that is active this is what it waited for before.
  const isWell = ({ mirror }: MemberReport): boolean => mirror.role === 'backup' && primary?.mirror.backup === 'active';
  const own = members.flatMap(each =>
    each.mirror.state === '' || isWell(each) ? [] : [`${each.server.name}: ${each.mirror.state}`],
  );
  if (!primary) return [`the mirror ${name} has no primary: application servers wait`, ...own];
  const { backup, failover, arbiter } = primary.mirror;
  const { name: at } = primary.server;
  const away = backup === 'away' ? 'its backup is away' : `its backup is ${backup}`;
  const arbiterIs = arbiter === 'away' ? 'its arbiter is away' : 'its arbiter has not heard both members yet';
  const why = backup !== 'active' ? away : arbiter === 'none' ? 'it has no arbiter' : arbiterIs;
  return [
    ...(backup === 'active' && failover === 'automatic'
      ? []
      : [`the mirror ${name} does not fail over by itself at this moment: ${why}, and ${at} goes on`]),
    ...own,
  ];
}
