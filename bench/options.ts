import { parseArgs } from 'node:util';
import { UserError } from '../cli/terminal';
import type { Part } from './measurement';

/** The longest comes last. */
export const PARTS: readonly Part[] = ['synth', 'engine', 'image', 'backup', 'machines', 'operations'];

/** Measured unless others are named. `machines` compares a swarm with its own host, so it needs no figure of theirs. */
export const USUAL_PARTS = PARTS.filter(part => part !== 'machines');

/** What a person asked `npm run bench` for. */
export interface Options {
  readonly quick: boolean;
  readonly parts: readonly Part[];
  readonly runs: number;
  /** Numbers of application servers, for each part that is not to use its own. */
  readonly sizes?: readonly number[];
  /** Folder of the result. */
  readonly out?: string;
  /** Measures nothing: pages and plots are rebuilt from the values that are there. */
  readonly report: boolean;
}

const FULL_RUNS = 5;

export const USAGE = `usage: npm run bench -- [--quick] [--only PART,…] [--sizes N,…] [--runs N] [--out FOLDER] [--report]
  --quick   one run with few servers, which shows that everything works; its figures are not worth keeping
  --only    parts to measure, of ${PARTS.join(', ')} (all but machines)
  --sizes   numbers of application servers (backup: megabytes), in place of each part's own
  --runs    how often each value is measured (${FULL_RUNS})
  --out     folder of the result (bench/results; with --quick .ecp/bench)
  --report  measures nothing: rebuilds pages and plots in the folder from its values`;

/** @throws UserError with one sentence when an option breaks a rule. */
export function parseOptions(args: readonly string[]): Options {
  const values = parsed(args);
  const parts = (values.only?.split(',') ?? USUAL_PARTS) as readonly Part[];
  for (const part of parts)
    if (!PARTS.includes(part))
      throw new UserError(`'--only' must name parts of the benchmark (${PARTS.join(', ')}), got '${part}'`, 2);
  const most = parts.every(part => part === 'backup') ? 10_000 : 200;
  const given = values.sizes?.split(',').map(text => wholeNumber('--sizes', text, most));
  const sizes = given && [...new Set(given)];
  const quick = values.quick ?? false;
  const runs = values.runs === undefined ? (quick ? 1 : FULL_RUNS) : wholeNumber('--runs', values.runs, 100);
  const { out, report = false } = values;
  return { quick, parts: PARTS.filter(part => parts.includes(part)), runs, sizes, out, report };
}

function parsed(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        quick: { type: 'boolean' },
        only: { type: 'string' },
        sizes: { type: 'string' },
        runs: { type: 'string' },
        out: { type: 'string' },
        report: { type: 'boolean' },
      },
    });
    return values;
  } catch (error) {
    throw new UserError(`${(error as Error).message.split(/\.\s/)[0]}\n${USAGE}`, 2);
  }
}

function wholeNumber(option: string, text: string, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= most) return value;
  throw new UserError(`'${option}' must be a whole number from 1 to ${most}, got '${text}'`, 2);
}
