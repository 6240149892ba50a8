import type { Oracle, Writer } from '../support/oracle';

/**
 * A pause between two acknowledgements that is longer counts as an interruption even when no write failed. On a quiet machine the
 * longest one of an uninterrupted writer is below half a second.
 */
export const LATE_SEC = 4;

/** What a client of one application server saw while a change was applied. */
export interface Interruption {
  readonly server: string;
  /** Writes that were answered by an error, and sessions that ended. */
  readonly failures: readonly string[];
  /** Longest time between two acknowledgements. */
  readonly gapSec: number;
}

/** Looks at all clients of an oracle from the moment it is made. */
export class Watch {
  private readonly start = Date.now();
  private readonly failuresBefore: readonly number[];

  public constructor(private readonly oracle: Oracle) {
    this.failuresBefore = oracle.writers.map(({ failures }) => failures.length);
  }

  /** What each client has seen until now. */
  public seen(): Interruption[] {
    return this.oracle.writers.map((writer, index) => ({
      server: writer.server,
      failures: writer.failures.slice(this.failuresBefore[index]),
      gapSec: this.longestGap(writer) / 1000,
    }));
  }

  private longestGap({ acknowledgedAt }: Writer): number {
    const before = acknowledgedAt.filter(moment => moment <= this.start).slice(-1);
    const moments = [...before, ...acknowledgedAt.filter(moment => moment > this.start)];
    return moments.slice(1).reduce((longest, moment, index) => Math.max(longest, moment - moments[index]!), 0);
  }
}

export function isInterrupted({ failures, gapSec }: Interruption): boolean {
  return failures.length > 0 || gapSec > LATE_SEC;
}

/** `none`, or each application server whose writes were interrupted with its seconds. */
export function inWords(seen: readonly Interruption[]): string {
  const interrupted = seen.filter(isInterrupted);
  if (interrupted.length === 0) return 'none';
  return interrupted.map(({ server, gapSec }) => `${server}: ${gapSec.toFixed(1)} s`).join('; ');
}
