import type { Oracle } from '../support/oracle';

/** What each writer had acknowledged and sent around a backup. */
export interface Mark {
  readonly id: string;
  /** Records that were acknowledged before the backup was asked for: all must be in it. */
  readonly mustBe: ReadonlySet<string>;
  /** Records that were sent before it had ended: nothing else may be in it. */
  readonly mayBe: ReadonlySet<string>;
}

/** Takes a backup by `take`, which returns its id, and remembers what it must and may hold. */
export async function markedBackup(oracle: Oracle, take: () => Promise<string>): Promise<Mark> {
  const mustBe = new Set(
    oracle.writers.flatMap(writer => [...writer.acknowledged].map(number => writer.record(number)[0])),
  );
  const id = await take();
  const mayBe = new Set(
    oracle.writers.flatMap(writer => Array.from({ length: writer.sent }, (_, index) => writer.record(index + 1)[0])),
  );
  return { id, mustBe, mayBe };
}

/** What is wrong with the records that a restored database has; `listing` has a line `^demo.oracle(…)="…"` for each. */
export function faultsOf({ mustBe, mayBe }: Mark, listing: string): { lost: string[]; early: string[] } {
  const found = new Set(listing.split('\n').map(line => line.slice(0, line.indexOf(')=') + 1)));
  const ours = [...found].filter(reference => reference !== '');
  return {
    lost: [...mustBe].filter(reference => !found.has(reference)).slice(0, 5),
    early: ours.filter(reference => !mayBe.has(reference)).slice(0, 5),
  };
}
