import { FENCED } from '../access/fenced';
import type { ServerReport } from '../access/server-report';
import type { ClusterReport } from '../cluster-report';
import { WARNING_DAYS } from '../expiry';

/** How much something wants to be looked at; views show it by colour and by a sign or a word. */
export type Level = 'good' | 'soon' | 'bad';

export function levelOfState(state: string): Level {
  if (state === 'Normal') return 'good';
  return state === FENCED || state === 'In Progress' || state === 'Recovery' ? 'soon' : 'bad';
}

/** A server's level; one that is Normal and was changed by hand wants to be looked at. */
export function levelOf({ state, drift }: Pick<ServerReport, 'state' | 'drift'>): Level {
  const level = levelOfState(state);
  return level === 'good' && drift.length > 0 ? 'soon' : level;
}

/** Time that a certificate has left, in words. */
export function daysLeft(days: number | undefined): { readonly words: string; readonly level: Level } {
  if (days === undefined) return { words: '-', level: 'good' };
  if (days < 0) return { words: 'expired', level: 'bad' };
  // To the nearest day, so that a new certificate has all of its days; the level is exact.
  const whole = Math.round(days);
  const words = days < 1 ? 'less than a day left' : `${whole} ${whole === 1 ? 'day' : 'days'} left`;
  return { words, level: days < WARNING_DAYS ? 'soon' : 'good' };
}

/** The sign of a level where there is no room for words. */
export const SIGNS: Readonly<Record<Level, string>> = { good: '✓', soon: '!', bad: '✗' };

/** How many of the servers that should be there are Normal, as a sentence without its full stop. */
export function verdictOf({ servers, missing }: Pick<ClusterReport, 'servers' | 'missing'>): string {
  const normal = servers.filter(({ state }) => state === 'Normal').length;
  const all = servers.length + missing.length;
  if (all === 0) return 'There is no server';
  if (all === 1) return normal === 1 ? 'The server is Normal' : 'The server is not Normal';
  return normal === all ? `All ${all} servers are Normal` : `${normal} of ${all} servers are Normal`;
}
