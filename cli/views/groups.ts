import type { ServerReport } from '../access/server-report';
import { levelOf, type Level } from './levels';

/** Servers that a picture shows as one box. */
export interface Group {
  readonly servers: readonly ServerReport[];
  readonly state: string;
  readonly level: Level;
}

/** A picture with more boxes than this is no longer read at a glance. */
const MAXIMUM_BOXES = 16;

/** Names of missing servers, box by box: each by itself while there are few servers, present ones counted; otherwise all in one. */
export function groupMissing(missing: readonly string[], present: number): (readonly string[])[] {
  if (missing.length === 0) return [];
  return missing.length + present <= MAXIMUM_BOXES ? missing.map(name => [name]) : [missing];
}

/**
 * Servers as boxes of a picture: each by itself while there are few; otherwise those that are as they should be share
 * a box, and when many are not, those beyond the maximum share one for each state.
 */
export function groupServers(servers: readonly ServerReport[]): Group[] {
  const alone = (each: ServerReport): Group => ({ servers: [each], state: each.state, level: levelOf(each) });
  if (servers.length <= MAXIMUM_BOXES) return servers.map(alone);
  const good = servers.filter(each => levelOf(each) === 'good');
  const bad = servers.filter(each => !good.includes(each));
  const further = bad.slice(MAXIMUM_BOXES);
  const states = [...new Set(further.map(({ state }) => state))];
  return [
    ...bad.slice(0, MAXIMUM_BOXES).map(alone),
    ...states.map(state => {
      const same = further.filter(each => each.state === state);
      return { servers: same, state, level: levelOf(same[0]!) };
    }),
    ...(good.length > 0 ? [{ servers: good, state: 'Normal', level: 'good' as const }] : []),
  ];
}
