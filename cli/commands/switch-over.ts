import { loadSettings } from '../../app/settings';
import { requireServers } from '../access/servers';
import { reportCluster } from '../cluster-report';
import { nearest } from '../../contract/messages';
import { primaryOf } from '../mirror';
import { switchOver } from '../switch-over';
import { UserError, green, step } from '../terminal';

/** Options of `./ecp switch-over`. */
export interface SwitchOverOptions {
  readonly cluster?: string;
  readonly json: boolean;
  /** The member that is to be the primary. */
  readonly members: readonly string[];
}

/** Makes the other member of the mirror the primary, or the named one. */
export async function switchOverTo({ cluster: named, json, members }: SwitchOverOptions): Promise<number> {
  const [wanted, ...more] = members;
  if (more.length > 0) throw new UserError(`'switch-over' takes one member, got ${members.join(', ')}`, 2);
  const cluster = named ?? loadSettings(process.env).cluster;
  if (wanted !== undefined) await requireMember(cluster, wanted);
  const { servers } = await reportCluster(cluster);
  const primary = primaryOf(servers);
  if (wanted !== undefined && primary?.server.name === wanted) {
    say(
      json,
      { mirror: primary.mirror.name, from: wanted, to: wanted, seconds: 0 },
      `${wanted} is the primary already.`,
    );
    return 0;
  }
  const done = json
    ? await switchOver(cluster, () => undefined, { wanted })
    : await step('Switch over', progress => switchOver(cluster, progress, { wanted }));
  say(
    json,
    done,
    done.from === done.to
      ? `${done.to} is the primary already.`
      : `${done.to} is the primary of the mirror ${done.mirror}, ${done.seconds} s after ${done.from} was told to step down.`,
  );
  return 0;
}

function say(json: boolean, value: object, words: string): void {
  console.log(json ? JSON.stringify(value, undefined, 2) : green(words));
}

async function requireMember(cluster: string, wanted: string): Promise<void> {
  const names = (await requireServers(cluster)).filter(({ role }) => role === 'data-server').map(({ name }) => name);
  if (names.includes(wanted)) return;
  const meant = nearest(wanted, names);
  throw new UserError(
    `'MEMBER' must be a member of the mirror of '${cluster}', got '${wanted}'${meant ? ` (did you mean '${meant}'?)` : ''}; members are ${names.join(', ')}`,
    2,
  );
}
