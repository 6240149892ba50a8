import type { Result } from './result';
import { fromSeries, toSeries, type Series } from './series';

/** A result as JSON with a line for each of its series, so that two results can be compared as text. */
export function resultText({ samples, ...about }: Result): string {
  const entries = Object.entries({ ...about, series: toSeries(samples) }).map(
    ([key, value]) => `  ${JSON.stringify(key)}: ${Array.isArray(value) ? listText(value) : JSON.stringify(value)}`,
  );
  return `{\n${entries.join(',\n')}\n}\n`;
}

function listText(items: readonly unknown[]): string {
  if (items.every(item => typeof item !== 'object')) return JSON.stringify(items);
  return `[\n${items.map(item => `    ${JSON.stringify(item)}`).join(',\n')}\n  ]`;
}

export function parseResult(text: string): Result {
  const { series, ...about } = JSON.parse(text) as Omit<Result, 'samples'> & { readonly series: readonly Series[] };
  return { ...about, samples: fromSeries(series) };
}
