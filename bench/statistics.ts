import type { Sample } from './measurement';

/** What several measurements of one value came to. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** How many there were. */
  readonly runs: number;
}

/** The middle value; of an even number of values the mean of the two in the middle. NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/** @returns undefined when there are no values */
export function summarize(values: readonly number[]): Summary | undefined {
  if (values.length === 0) return undefined;
  return { median: median(values), min: Math.min(...values), max: Math.max(...values), runs: values.length };
}

/** What samples have to have in common. */
export type Choice = Partial<Pick<Sample, 'part' | 'subject' | 'action' | 'servers' | 'quantity'>>;

export function choose(samples: readonly Sample[], choice: Choice): Sample[] {
  const wanted = Object.entries(choice);
  return samples.filter(sample => wanted.every(([key, value]) => sample[key as keyof Choice] === value));
}

export function summaryOf(samples: readonly Sample[], choice: Choice): Summary | undefined {
  return summarize(choose(samples, choice).map(({ value }) => value));
}

/** Values of one key in the order in which they come first. */
export function distinct<K extends keyof Sample>(samples: readonly Sample[], key: K): Sample[K][] {
  return [...new Set(samples.map(sample => sample[key]))];
}

/** How often things were measured, in words: `5 runs`, or `1 to 5 runs` where not all of them were measured as often. */
export function runsOf(samples: readonly Sample[]): string {
  const counts = new Map<string, number>();
  for (const { subject, action, servers, quantity } of samples) {
    const key = [subject, action, servers, quantity].join('\n');
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const least = Math.min(...counts.values());
  const most = Math.max(...counts.values());
  return `${least === most ? '' : `${least} to `}${most} ${most === 1 ? 'run' : 'runs'}`;
}

/** Ratios of what was measured in the same run, so that they share the machine's weather. */
export function pairedRatios(samples: readonly Sample[], over: Choice, under: Choice): number[] {
  const peers = choose(samples, under);
  return choose(samples, over).flatMap(({ run, value }) => {
    const peer = peers.find(each => each.run === run);
    return peer && peer.value > 0 ? [value / peer.value] : [];
  });
}
