/** A failure that is told to the user in one sentence, without a stack trace. */
export class UserError extends Error {
  /** @param exitCode Exit code of the command. */
  constructor(
    message: string,
    readonly exitCode = 1,
  ) {
    super(message);
  }
}

const onTerminal = process.stdout.isTTY === true && process.env.NO_COLOR === undefined;

function colour(code: number, text: string): string {
  return onTerminal ? `\u001b[${code}m${text}\u001b[0m` : text;
}

export const bold = (text: string): string => colour(1, text);
export const dim = (text: string): string => colour(2, text);
export const red = (text: string): string => colour(31, text);
export const green = (text: string): string => colour(32, text);
export const yellow = (text: string): string => colour(33, text);

/** Tells how far a step is; off a terminal only milestones are printed, so that a log stays short. */
export type Progress = (detail: string, milestone?: boolean) => void;

/** One step of a longer command: details while it runs, a line with the time when it ends, marked by how it ended. */
export async function step<T>(
  title: string,
  work: (progress: Progress) => Promise<T>,
  succeeded: (result: T) => boolean = () => true,
): Promise<T> {
  const start = process.hrtime.bigint();
  const seconds = (): string => `${(Number(process.hrtime.bigint() - start) / 1e9).toFixed(1)} s`;
  const live = process.stdout.isTTY === true;
  let shown = '';
  const paint = (detail: string): void => {
    shown = detail;
    process.stdout.write(`\r\u001b[K${title} ${dim(detail ? `${detail} (${seconds()})` : seconds())}`);
  };
  const ticker = live ? setInterval(() => paint(shown), 500) : undefined;
  const progress: Progress = (detail, milestone = false) => {
    if (live) paint(detail.slice(0, Math.max(20, (process.stdout.columns ?? 80) - title.length - 12)));
    else if (milestone) console.log(`  ${detail}`);
  };
  let mark = red('✗');
  try {
    const result = await work(progress);
    if (succeeded(result)) mark = green('✓');
    return result;
  } finally {
    clearInterval(ticker);
    console.log(`${live ? '\r\u001b[K' : ''}${mark} ${title} ${dim(`(${seconds()})`)}`);
  }
}

/** Rows as a table whose columns are as wide as their widest cell; colours do not count. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  // eslint-disable-next-line no-control-regex -- the escape sequences written by colour()
  const visible = (text: string): number => text.replace(/\u001b\[\d+m/g, '').length;
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map(row => visible(row[column] ?? ''))));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - visible(cell))))
      .join('  ')
      .trimEnd();
  return [bold(line(header)), ...rows.map(line)].join('\n');
}
