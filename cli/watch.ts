import { setTimeout } from 'node:timers/promises';
import type { ClusterReport } from './cluster-report';
import { widthOf } from './columns';
import { UserError, canRepaint } from './terminal';
import { changesBetween } from './views/changes';
import { formatJson } from './views/json';
import { formatTable } from './views/table';

/** Where `watch` writes to: standard output, or what a test has in its place. */
export interface WatchOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

/** What an answer was: a report, or the sentence why there is none. */
export type Seen = ClusterReport | string;

const INTERVAL_MS = 2000;

/** How `watch` looks and shows. */
export interface WatchOptions {
  /** @default 2000 */
  readonly intervalMs?: number;
  /** A line of JSON at the start and after each change, wherever it goes. @default false */
  readonly json?: boolean;
}

/**
 * Shows the cluster until `signal` aborts. A terminal gets the table, painted over the one before; anything else gets a
 * line with the time for each change, and a program a line of JSON. Asking never takes more than half of the time, and one round ends before the next
 * begins, so that a hundred servers do not keep the host busy.
 *
 * @param ask Asks the cluster; a `UserError` is shown like a state, since the cluster may be on its way.
 * @returns Exit code: 0 when all was Normal at the end.
 */
export async function watch(
  ask: () => Promise<ClusterReport>,
  output: WatchOutput,
  signal: AbortSignal,
  { intervalMs = INTERVAL_MS, json = false }: WatchOptions = {},
): Promise<number> {
  const show = json ? streamer(output) : canRepaint(output) ? painter(output) : appender(output);
  const aborted = new Promise<undefined>(resolve => signal.addEventListener('abort', () => resolve(undefined)));
  let last: Seen | undefined;
  while (!signal.aborted) {
    const start = Date.now();
    const seen = await Promise.race([look(ask), aborted]);
    if (seen === undefined) break;
    last = seen;
    show(seen);
    const took = Date.now() - start;
    await setTimeout(Math.max(intervalMs - took, took), undefined, { signal }).catch(() => undefined);
  }
  return typeof last === 'object' && last.ok ? 0 : 1;
}

async function look(ask: () => Promise<ClusterReport>): Promise<Seen> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

function appender(output: WatchOutput): (seen: Seen) => void {
  let before: Seen | undefined;
  return seen => {
    const time = new Date().toISOString().replace(/\.\d+/, '');
    for (const line of changesBetween(before, seen)) output.write(`${time} ${line}\n`);
    before = seen;
  };
}

function streamer(output: WatchOutput): (seen: Seen) => void {
  let before = '';
  return seen => {
    const report = typeof seen === 'string' ? { error: seen } : (JSON.parse(formatJson(seen, [])) as object);
    const text = JSON.stringify({ ...report, at: undefined });
    if (text === before) return;
    before = text;
    output.write(`${JSON.stringify({ ...report, at: new Date().toISOString() })}\n`);
  };
}

/** Goes up to where the last picture began and writes over it; nothing above it is touched. */
function painter(output: WatchOutput): (seen: Seen) => void {
  let height = 0;
  return seen => {
    // A terminal that does not know its size says 0.
    const columns = Math.max(20, output.columns || 80);
    const rows = Math.max(6, output.rows || 24);
    const time = new Date().toISOString().slice(11, 19);
    const text = typeof seen === 'string' ? seen : formatTable(seen, { lines: rows - 3, columns });
    const lines = [...text.split('\n'), `${time} UTC, Ctrl-C ends`];
    const shown = fit(lines, columns, rows - 1);
    const up = height > 0 ? `\r\u001b[${height}A` : '';
    height = shown.reduce((sum, line) => sum + heightOf(line, columns), 0);
    output.write(`${up}${shown.map(line => `${line}\u001b[K\n`).join('')}\u001b[J`);
  };
}

/** Long sentences wrap, so lines go from the middle's end until all fits; the last line stays. */
function fit(lines: readonly string[], columns: number, rows: number): string[] {
  const kept = [...lines];
  while (kept.length > 2 && kept.reduce((sum, line) => sum + heightOf(line, columns), 0) > rows) kept.splice(-2, 1);
  return kept;
}

function heightOf(line: string, columns: number): number {
  return Math.max(1, Math.ceil(widthOf(line) / columns));
}
