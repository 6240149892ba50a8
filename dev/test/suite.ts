import type { ProcessResult } from '../../cli/process';

/** What a suite found. */
export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** What a person needs to see of it: failures, or the reason why it was left out. */
  readonly details: string;
  /** Each failed test in a few lines, for the end of a long run. @default - told by `details` alone */
  readonly failures?: readonly string[];
}

/** A suite of tests, by the name that `./ecp test NAME` takes. */
export interface Suite {
  readonly name: string;
  readonly title: string;
  /** Needs Docker and Terraform. */
  readonly live?: boolean;
  /** Only reads files, so that it may run beside others. */
  readonly static?: boolean;
  /** Its live cluster is measured against deadlines, so that little may run beside it. */
  readonly calm?: boolean;
  /** It is too long for a run of all: it has to be named, or `--repeat` given. */
  readonly onDemand?: boolean;
  /** Debian packages that it calls. */
  readonly needs?: readonly string[];
  /** Runs on cdktf's fork too, whose bindings npm does not install. */
  readonly fork?: boolean;
  readonly run: () => Promise<Outcome>;
}

/** The end of what a failed program printed. */
export function outputOf(result: ProcessResult): string {
  return `${result.stderr}${result.stdout.startsWith('{') ? '' : result.stdout}`
    .trim()
    .split('\n')
    .slice(-200)
    .join('\n');
}
