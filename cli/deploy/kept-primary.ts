import { dataServerNames, dataVolumeNames } from '../../app/mirror';
import type { Settings } from '../../app/settings';
import { reportServers, type ServerReport } from '../access/server-report';
import { dataVolumeOf, findServers } from '../access/servers';
import { primaryOf } from '../mirror';
import { UserError } from '../terminal';

/**
 * A mirror that is taken off leaves the volume of its first member to the data server, and one with other members to their first: it must have
 * the newest data.
 *
 * @throws UserError when another member is the primary; nothing was changed.
 */
export async function requireKeptPrimary(settings: Settings): Promise<void> {
  const members = (await findServers(settings.cluster)).filter(({ role }) => role === 'data-server');
  const names = members.map(({ name }) => name).sort();
  if (members.length < 2 || names.join() === [...dataServerNames(settings)].sort().join()) return;
  const problem = lostWith(settings, await reportServers(members));
  if (problem !== undefined) throw new UserError(problem);
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
