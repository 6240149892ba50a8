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

  /** Puts the table into docs/reliability.md when RELIABILITY_WRITE is set. */
  public writeDocument(): void {
    if (!process.env.RELIABILITY_WRITE) return;
    const text = readFileSync(DOCUMENT, 'utf8');
    const lines = this.rows.map(({ fault, promise, figure }) => `| ${fault} | ${promise} | ${figure} |\n`).join('');
    const table = `${BEGIN}\n\n| Fault | Promise | Measured |\n| --- | --- | --- |\n${lines}\n${END}`;
    writeFileSync(
      DOCUMENT,
      text.replace(new RegExp(`${BEGIN}[^]*${END}`), () => table),
    );
  }
}

/** `0.9 to 2.1 s, middle 1.4 s` of several times in seconds. */
export function spread(seconds: readonly number[]): string {
  const sorted = [...seconds].sort((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1);
  return sorted.length === 1 ? `${at(0)} s` : `${at(0)} to ${at(1)} s, median ${at(0.5)} s`;
}
