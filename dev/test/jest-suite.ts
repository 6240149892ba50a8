import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { PROJECT } from '../../app/folders';
import { run, type ProcessResult } from '../../cli/process';
import { outputOf, type Outcome, type Suite } from './suite';

/** Tests that jest runs, counted from its report. */
export function jest(name: string, title: string, args: readonly string[]): Suite {
  return {
    name,
    title,
    run: async () => {
      const scratch = mkdtempSync(join(tmpdir(), 'ecp-test-'));
      const report = join(scratch, 'report.json');
      const result = await run('npx', ['--no-install', 'jest', '--ci', '--json', `--outputFile=${report}`, ...args], {
        cwd: PROJECT,
        onLine: (line, stream) => {
          // Results of tests, and the lines of a table that a suite prints.
          if (stream === 'stderr' && /^\s+(✓|✕|○|│)/.test(line)) console.log(line);
        },
      });
      try {
        if (!existsSync(report)) return { passed: 0, failed: 1, skipped: 0, details: outputOf(result) };
        return readReport(JSON.parse(readFileSync(report, 'utf8')) as JestReport, result);
      } finally {
        rmSync(scratch, { recursive: true, force: true });
      }
    },
  };
}

interface JestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numRuntimeErrorTestSuites: number;
  readonly snapshot: { readonly unchecked: number };
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** Lines of a message that a summary repeats from its start and its end; the rest is left to the output of the suite. */
const SUMMARY_LINES = { first: 5, last: 10 };

/** A file that cannot be loaded has no tests to fail, so it counts as one; a run without any test has failed too. */
function readReport(report: JestReport, result: ProcessResult): Outcome {
  const broken =
    report.numRuntimeErrorTestSuites +
    (report.numPassedTests + report.numFailedTests + report.numPendingTests === 0 ? 1 : 0);
  const failed = Math.max(report.numFailedTests + broken, result.code === 0 ? 0 : 1);
  const pendingInCi = process.env.CI === 'true' ? report.numPendingTests : 0;
  return {
    passed: report.numPassedTests,
    failed: failed + pendingInCi,
    skipped: report.numPendingTests - pendingInCi,
    details: failed + pendingInCi > 0 ? outputOf(result) : '',
    failures: report.testResults.flatMap(summarize),
  };
}

function summarize({ message, assertionResults }: JestReport['testResults'][number]): string[] {
  if (assertionResults.length === 0 && message !== '') return [shorten(message)];
  return assertionResults
    .filter(({ status }) => status === 'failed')
    .map(({ fullName, failureMessages }) => shorten(`${fullName}\n${failureMessages.join('\n')}`));
}

/** What a program printed ends with its error, so that both ends count; stack traces are left out. */
function shorten(message: string): string {
  const lines = stripVTControlCharacters(message)
    .split('\n')
    .filter(line => line.trim() !== '' && !/^\s+at /.test(line));
  const { first, last } = SUMMARY_LINES;
  const shown = lines.length > first + last ? [...lines.slice(0, first), '[…]', ...lines.slice(-last)] : lines;
  return shown.join('\n  ');
}
