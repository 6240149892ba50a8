import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from './test-cluster';

/** One line of the table: what is promised after a fault, and what was measured. */
export interface Figure {
  readonly fault: string;
  readonly promise: string;
  readonly figure: string;
}

const DOCUMENT = join(PROJECT, 'docs', 'reliability.md');
const BEGIN = '<!-- figures: begin -->';
const END = '<!-- figures: end -->';

/** Promises with the figures of this run. */
export class Figures {
  private readonly rows: Figure[] = [];

  /** Also prints the line at once; `./ecp test` shows lines that begin with a bar. */
  public add(fault: string, promise: string, figure: string): void {
    this.rows.push({ fault, promise, figure });
    process.stderr.write(`  │ ${fault} │ ${promise} │ ${figure}\n`);
  }

  /** Notes that a fault cannot be made on this machine, and why. In CI it must be. */
  public leaveOut(fault: string, reason: string): void {
    if (process.env.CI === 'true') throw new Error(`${fault} must not be left out in CI: ${reason}`);
    this.add(fault, '0 lost', `left out: ${reason}`);
  }

  /** Puts the rows into the table of docs/reliability.md when RELIABILITY_WRITE is set; those of other suites stay. */
  public writeDocument(): void {
    if (!process.env.RELIABILITY_WRITE) return;
    const text = readFileSync(DOCUMENT, 'utf8');
    const [table = ''] = new RegExp(`${BEGIN}[^]*${END}`).exec(text) ?? [];
    const known = table.split('\n').flatMap(line => {
      const [, fault = '', promise = '', figure = ''] = line.split(/ *(?<!\\)\| */);
      return line.startsWith('|') && !/^(Fault$|-+$)/.test(fault) ? [{ fault, promise, figure }] : [];
    });
    const rows = new Map([...known, ...this.rows].map(row => [row.fault, row]));
    const lines = [...rows.values()].map(({ fault, promise, figure }) => `| ${fault} | ${promise} | ${figure} |\n`);
    writeFileSync(
      DOCUMENT,
      text.replace(
        table,
        () => `${BEGIN}\n\n| Fault | Promise | Measured |\n| --- | --- | --- |\n${lines.join('')}\n${END}`,
      ),
    );
  }
}

/** `0.9 to 2.1 s, middle 1.4 s` of several times in seconds. */
export function spread(seconds: readonly number[]): string {
  const sorted = [...seconds].sort((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1);
  return sorted.length === 1 ? `${at(0)} s` : `${at(0)} to ${at(1)} s, median ${at(0.5)} s`;
}
