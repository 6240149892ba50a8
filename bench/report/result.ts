import type { Machine } from '../machine';
import type { Part, Sample } from '../measurement';
import type { Verdict } from './targets';

/** What is kept of one benchmark: raw values first, and what was made of them. */
export interface Result {
  /** Day in UTC, `2026-01-31`. */
  readonly day: string;
  readonly quick: boolean;
  /** Parts that were measured to their end. */
  readonly parts: readonly Part[];
  readonly runs: number;
  readonly tookMin: number;
  readonly machine: Machine;
  readonly targets: readonly Verdict[];
  readonly remarks: readonly string[];
  readonly samples: readonly Sample[];
}
