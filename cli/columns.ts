import { bold } from './terminal';

/** What no column is cut below. */
const NARROWEST = 5;

// eslint-disable-next-line no-control-regex -- the escape sequences that painterFor() writes
const COLOUR = /\u001b\[\d+m/g;

/** Columns of a terminal; anything else, and one that does not know its size, has room for all. */
export function columnsOf(stream: { readonly isTTY?: boolean; readonly columns?: number }): number {
  return (stream.isTTY && stream.columns) || Infinity;
}

/** Characters of a text that a terminal shows; colours do not count. */
export function widthOf(text: string): number {
  return text.replace(COLOUR, '').length;
}

/** Rows as a table whose columns are as wide as their widest cell; where that is too much, the widest are cut. Colours do not count. */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  columns = columnsOf(process.stdout),
): string {
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map(row => widthOf(row[column] ?? ''))));
  const total = (): number => widths.reduce((sum, width) => sum + width + 2, -2);
  for (let widest = Math.max(...widths); total() > columns && widest > NARROWEST; widest = Math.max(...widths))
    widths[widths.lastIndexOf(widest)]!--;
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return cut(cell, width) + ' '.repeat(Math.max(0, width - widthOf(cell)));
      })
      .join('  ')
      .trimEnd();
  return [bold(line(header)), ...rows.map(line)].join('\n');
}

/** A cell of at most this width, its colours kept; what was cut is shown by an ellipsis. */
function cut(cell: string, width: number): string {
  const text = cell.replace(COLOUR, '');
  if (text.length <= width) return cell;
  const shorter = `${text.slice(0, Math.max(0, width - 1))}…`;
  const [before = '', after = ''] = cell.split(text);
  return cell === text ? shorter : `${before}${shorter}${after}`;
}

/** A line as several that end between words, where it is longer than a terminal is wide; each goes on below the first one's words. */
export function wrapped(line: string, columns: number): string[] {
  if (widthOf(line) <= columns) return [line];
  const lines: string[] = [];
  let current = '';
  for (const [index, word] of line.split(' ').entries()) {
    const longer = lines.length === 0 && index === 0 ? word : `${current} ${word}`;
    if (current.trim() !== '' && widthOf(longer) > columns) {
      lines.push(current);
      current = `  ${word}`;
    } else current = longer;
  }
  return [...lines, current];
}
