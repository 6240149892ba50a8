export { UserError } from '../app/user-error';

/** Text in the colours of a terminal. */
export interface Painter {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  /** A colour for each of several things of a kind. */
  readonly numbered: (index: number, text: string) => string;
}

/** Cyan, yellow, green, magenta, blue, and bright ones: neither red, which means trouble, nor what a background may hide. */
const NUMBERED = [36, 33, 32, 35, 34, 96, 93, 92, 95, 94];

/** True when the cursor may be moved: on a terminal that is more than a teletype. */
export function canRepaint(
  stream: { readonly isTTY?: boolean },
  environment: NodeJS.ProcessEnv = process.env,
): boolean {
  return stream.isTTY === true && environment.TERM !== 'dumb';
}

/** Colours on a terminal only, and never with NO_COLOR (https://no-color.org: set and not empty) or TERM=dumb. */
export function painterFor(
  stream: { readonly isTTY?: boolean },
  environment: NodeJS.ProcessEnv = process.env,
): Painter {
  const coloured = canRepaint(stream, environment) && !environment.NO_COLOR;
  const paint = (code: number) => (text: string) => (coloured ? `\u001b[${code}m${text}\u001b[0m` : text);
  return {
    bold: paint(1),
    dim: paint(2),
    red: paint(31),
    green: paint(32),
    yellow: paint(33),
    numbered: (index, text) => paint(NUMBERED[index % NUMBERED.length]!)(text),
  };
}

/** For standard output. */
export const { bold, dim, red, green, yellow } = painterFor(process.stdout);

/** For standard error, which may be a file when standard output is a terminal. */
export const onStderr = painterFor(process.stderr);

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
  const live = canRepaint(process.stdout);
  let shown = '';
  const paint = (detail: string): void => {
    shown = detail;
    process.stdout.write(`\r\u001b[K${title} ${dim(detail ? `${detail} (${seconds()})` : seconds())}`);
  };
  const ticker = live ? setInterval(() => paint(shown), 500) : undefined;
  const progress: Progress = (text, milestone = false) => {
    const detail = visible(text);
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

/**
 * Text that a stranger may have chosen (the subject of a refused certificate, for one), with each character that would
 * act instead of being seen written as its number: escape sequences, line breaks, a change of the writing direction.
 */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu, character => {
    return `\\u{${character.codePointAt(0)!.toString(16)}}`;
  });
}

/** As `visible`, for a text of several lines. */
export function visibleLines(text: string): string[] {
  return text.split(/\r?\n/).map(line => visible(line.replaceAll('\t', '  ')));
}
