import type { Part, Sample } from '../measurement';

/** Everything that was measured of one thing at one size. */
export interface Series {
  readonly part: Part;
  readonly subject: string;
  readonly action: string;
  readonly servers: number;
  /** By quantity the value of each run, from the first; null where a run has none. */
  readonly values: Readonly<Record<string, readonly (number | null)[]>>;
}

/** Series in the order in which their first samples come. */
export function toSeries(samples: readonly Sample[]): Series[] {
  const found = new Map<string, Series & { values: Record<string, (number | null)[]> }>();
  for (const { part, subject, action, servers, quantity, run, value } of samples) {
    const key = JSON.stringify([part, subject, action, servers]);
    const series = found.get(key) ?? { part, subject, action, servers, values: {} };
    const runs = (series.values[quantity] ??= []);
    while (runs.length < run) runs.push(null);
    runs[run - 1] = value;
    found.set(key, series);
  }
  return [...found.values()];
}

export function fromSeries(series: readonly Series[]): Sample[] {
  return series.flatMap(({ values, ...what }) =>
    Object.entries(values).flatMap(([quantity, runs]) =>
      runs.flatMap((value, index) => (value === null ? [] : [{ ...what, quantity, run: index + 1, value }])),
    ),
  );
}
