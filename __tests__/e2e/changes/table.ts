import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from '../support/test-cluster';

const DOCUMENT = join(PROJECT, 'docs', 'change-impact.md');
const BEGIN = '<!-- changes: begin -->';
const END = '<!-- changes: end -->';
const HEAD = ['Change', 'Added', 'Changed in place', 'Replaced', 'Destroyed', 'Interruption', 'One at a time', 'Data'];
const ROLLING = HEAD.indexOf('One at a time');

/** The table of docs/change-impact.md: what was measured, beside what is written there. */
export class ChangesTable {
  private readonly rows: string[][] = [];

  /** @param isWhole Whether every row of the document is measured. */
  public constructor(private readonly isWhole: boolean) {}

  /** Also prints the row at once, with a note that the table does not have; `./ecp test` shows lines that begin with a bar. */
  public add(cells: readonly string[], note: string): void {
    this.rows.push([...cells]);
    process.stderr.write(`  │ ${cells.join(' │ ')} │ (${note})\n`);
  }

  /** Writes the measured table into the document when CHANGES_WRITE is set; otherwise both must say the same but for seconds. */
  public settle(): void {
    if (process.env.CHANGES_WRITE) writeRows(this.rows);
    const measured = this.rows.map(([change]) => change);
    const known = this.isWhole ? written() : written().filter(([change]) => measured.includes(change!));
    expect(known.map(withoutSeconds)).toEqual(this.rows.map(withoutSeconds));
  }
}

function writeRows(rows: readonly (readonly string[])[]): void {
  const lines = [HEAD, HEAD.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |\n`).join('');
  const text = readFileSync(DOCUMENT, 'utf8');
  writeFileSync(
    DOCUMENT,
    text.replace(new RegExp(`${BEGIN}[^]*${END}`), () => `${BEGIN}\n\n${lines}\n${END}`),
  );
  spawnSync('npx', ['--no-install', 'prettier', '--write', DOCUMENT], { cwd: PROJECT });
}

/**
 * The interruption of a roll, which is measured apart from the rest of its row: written into the document when ROLLS_WRITE is set, and
 * otherwise the same but for seconds.
 */
export function settleRolling(change: string, seen: string): void {
  process.stderr.write(`  │ ${change} │ one at a time: ${seen}\n`);
  if (process.env.ROLLS_WRITE)
    writeRows(written().map(row => (row[0] === change ? row.map((cell, at) => (at === ROLLING ? seen : cell)) : row)));
  expect(withoutSeconds([rollingOf(change)])).toEqual(withoutSeconds([seen]));
}

/** What the document says of a change's roll. */
export function rollingOf(change: string): string {
  return written().find(([name]) => name === change)?.[ROLLING] ?? 'not measured';
}

/** Rows of the document's table, without its head. */
function written(): string[][] {
  const [, table = ''] = new RegExp(`${BEGIN}([^]*)${END}`).exec(readFileSync(DOCUMENT, 'utf8')) ?? [];
  const lines = table.split('\n').filter(line => line.startsWith('|'));
  return lines.slice(2).map(line =>
    line
      .split('|')
      .slice(1, -1)
      .map(cell => cell.trim()),
  );
}

/** Seconds are of one run and one machine; whether there are any is not. */
export function withoutSeconds(cells: readonly string[]): string[] {
  return cells.map(cell => cell.replace(/\d+(\.\d+)? s\b/g, 'N s'));
}
