import { dataServerNames, dataVolumeNames } from '../../app/mirror';
import type { Settings } from '../../app/settings';
import { reportServers, type ServerReport } from '../access/server-report';
import { tryDocker } from '../access/docker';
import { dataVolumeOf, findServers, type Server } from '../access/servers';
import { isMirrorMember, primaryOf } from '../mirror';
import { UserError } from '../terminal';

/**
 * A mirror that is turned on must find no data of an earlier one. One that is taken off leaves the volume of its first member to the data
 * server, and one with other members to their first: it must have the newest data.
 *
 * @throws UserError when such data is there, or when another member is the primary; nothing was changed.
 */
export async function requireKeptPrimary(settings: Settings): Promise<void> {
  const members = (await findServers(settings.cluster)).filter(({ role }) => role === 'data-server');
  const [only] = members;
  if (only && members.length === 1 && !isMirrorMember(only.facts)) {
    const stale = await staleVolumes(settings);
    if (stale !== undefined) throw new UserError(leftOver(stale));
  }
  // A change of before that was cut short had been allowed.
  if (members.length < 2 || !members.every(({ facts }) => isMirrorMember(facts))) return;
  const names = dataServerNames(settings);
  if (members.every(({ name }) => names.includes(name))) {
    requireOrder(settings, members);
    return;
  }
  const problem = lostWith(settings, await reportServers(members));
  if (problem !== undefined) throw new UserError(problem);
}

/** The order says whose volume is whose. */
function requireOrder(settings: Settings, members: readonly Server[]): void {
  const names = dataServerNames(settings);
  const volumes = dataVolumeNames(settings);
  const moved = members.find(({ name, facts }) => dataVolumeOf(facts) !== volumes[names.indexOf(name)]);
  if (!moved) return;
  throw new UserError(
    `'mirrorMembers' must keep its order, since the first member has the volume ${volumes[0]}, got ${names.join(', ')}; ./ecp switch-over makes the other member the primary. Nothing was changed`,
  );
}

/** A volume that the second member of an earlier mirror has left, where the data server is no member of one. */
async function staleVolumes(settings: Settings): Promise<string | undefined> {
  const [, second] = dataVolumeNames(settings);
  if (second === undefined) return undefined;
  return (await tryDocker(['volume', 'inspect', second], { timeoutSec: 30 })).code === 0 ? second : undefined;
}

/** Data of two histories: the second member would not join, and nobody could tell which of them is meant. */
function leftOver(volume: string): string {
  return `the volume ${volume} must be gone before the mirror is turned on, since the second member of an earlier one has left it: docker volume rm ${volume}, and that member gets a copy of the first one's data. Nothing was changed`;
}

/** What would be lost, as a sentence; nothing when the volume that stays is the primary's. */
export function lostWith(settings: Settings, members: readonly ServerReport[]): string | undefined {
  const [kept] = dataVolumeNames(settings);
  const primary = primaryOf(members);
  if (primary && dataVolumeOf(primary.server.facts) === kept) return undefined;
  const holder = members.find(({ server }) => dataVolumeOf(server.facts) === kept)?.server.name;
  if (!primary)
    return `'mirror' must stay as it is while the mirror has no primary that answers: the volume ${kept} would become the data, and nobody can tell whether it has all of it; ./ecp status shows what the members wait for. Nothing was changed`;
  return `'mirror' must stay as it is until ${holder ?? 'the other member'} is the primary: its volume ${kept} would become the data, and the primary is ${primary.server.name}; ./ecp switch-over${holder === undefined ? '' : ` ${holder}`} first. Nothing was changed`;
}
