import { isInterrupted } from './interruption';
import type { Life, Outcome } from './live-cluster';
import { actionOf, type ResourceChange } from './plan';
import { partOf } from './reach';

/** Servers of which the plan does anything with any resource. */
export function serversIn(changes: readonly ResourceChange[]): string[] {
  return [...new Set(changes.map(change => partOf(change).owner))].sort();
}

/** Servers whose container the plan replaces, makes or removes. */
export function serversReplacedIn(changes: readonly ResourceChange[]): string[] {
  return changes
    .filter(change => partOf(change).part === 'container' && actionOf(change) !== 'changed')
    .map(change => partOf(change).owner)
    .sort();
}

/** Servers that have another container than before, or were started again. */
export function serversRestarted({ before, after }: Outcome): string[] {
  const isSame = (a: Life, b: Life | undefined): boolean => a.id === b?.id && a.startedAt === b.startedAt;
  return Object.keys(before).filter(name => !isSame(before[name]!, after[name]));
}

/** Nothing was made anew or started again, and no client noticed. */
export function expectUntouched(outcome: Outcome): void {
  expect(serversReplacedIn(outcome.changes)).toEqual([]);
  expect(serversRestarted(outcome)).toEqual([]);
  expectNoFailedWrite(outcome);
}

/** No write failed on any application server that stays, and none came late. */
export function expectNoFailedWrite({ seen, acknowledged }: Outcome): void {
  expect(seen.filter(isInterrupted)).toEqual([]);
  expect(acknowledged).toBeGreaterThan(0);
}
