/** How often each latency occurred, in microseconds. */
export type Histogram = ReadonlyMap<number, number>;

/**
 * Reads lines `MICROSECONDS COUNT`.
 *
 * @throws Error with the first line that is none: what the database says of a failure.
 */
export function parseHistogram(text: string): Histogram {
  const counts = new Map<number, number>();
  for (const line of text.split('\n').filter(Boolean)) {
    const [, latency, count] = /^(\d+) (\d+)$/.exec(line) ?? [];
    if (latency === undefined) throw new Error(`the load generator said '${line}'`);
    counts.set(Number(latency), (counts.get(Number(latency)) ?? 0) + Number(count));
  }
  return counts;
}

export function merge(histograms: readonly Histogram[]): Histogram {
  const all = new Map<number, number>();
  for (const histogram of histograms)
    for (const [latency, count] of histogram) all.set(latency, (all.get(latency) ?? 0) + count);
  return all;
}

/** How many there were. */
export function total(histogram: Histogram): number {
  return [...histogram.values()].reduce((sum, count) => sum + count, 0);
}

/** The least latency that so many percent do not exceed. */
export function percentile(histogram: Histogram, percent: number): number {
  const needed = (total(histogram) * percent) / 100;
  let seen = 0;
  for (const [latency, count] of [...histogram].sort(([a], [b]) => a - b)) {
    seen += count;
    if (seen >= needed) return latency;
  }
  return NaN;
}
