import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bringLinters } from '../machine/linters';
import { setUpMachine } from '../machine/machine';
import { bringTestTools, hasTestTool } from '../machine/test-tools';
import { run, type ProcessResult } from '../process';
import { UserError, bold, dim, green, red, yellow } from '../terminal';

/** What a suite found. */
interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** What a person needs to see of it: failures, or the reason why it was left out. */
  readonly details: string;
}

interface Tally extends Outcome {
  readonly name: string;
  readonly seconds: number;
}

interface Suite {
  readonly name: string;
  readonly title: string;
  /** Needs Docker and Terraform. */
  readonly live?: boolean;
  /** Only reads files, so that it may run beside others. */
  readonly static?: boolean;
  /** Its live cluster is measured against deadlines, so that nothing may run beside it. */
  readonly alone?: boolean;
  /** Debian packages that it calls. */
  readonly needs?: readonly string[];
  readonly run: () => Promise<Outcome>;
}

const PROJECT = join(__dirname, '..', '..');

/** Tells the live suites of `--repeat`. */
const REPEAT_VARIABLE = 'TEST_REPEAT';

/** Live suites that run in parallel: they mostly wait, but a machine may have two cores. */
const LANES = 2;

/** Options of `./ecp test`. */
export interface TestOptions {
  readonly all: boolean;
  /** How often a live test repeats each of its faults. @default - a few times, as each suite says */
  readonly repeat?: string;
  readonly names: readonly string[];
}

/** Runs the suites, static checks first, then those that may run in parallel, and ends with one line that counts all tests. */
export async function test(options: TestOptions): Promise<number> {
  const suites = selectSuites(options);
  if (options.repeat !== undefined) process.env[REPEAT_VARIABLE] = requireRepetitions(options.repeat);
  await bringTestTools(suites.flatMap(suite => suite.needs ?? []));
  const reasonWithoutDocker = suites.some(suite => suite.live) ? await setUpOrReason() : undefined;
  const tallies = await Promise.all(suites.filter(suite => suite.static).map(suite => runSuite(suite)));
  const inLanes = suites.filter(suite => suite.live && !suite.alone);
  for (const suite of suites.filter(each => !each.static && !inLanes.includes(each))) {
    tallies.push(await runSuite(suite, suite.live ? reasonWithoutDocker : undefined));
  }
  await Promise.all(
    Array.from({ length: LANES }, async () => {
      for (let suite = inLanes.shift(); suite; suite = inLanes.shift()) {
        tallies.push(await runSuite(suite, reasonWithoutDocker));
      }
    }),
  );
  const failures = tallies.filter(tally => tally.failed > 0).map(tally => tally.name);
  if (failures.length > 0) console.log(red(`\nfailed: ${failures.join(', ')}; run one again with ./ecp test NAME`));
  const sum = (key: 'passed' | 'failed' | 'skipped'): number => tallies.reduce((total, tally) => total + tally[key], 0);
  const skipped = sum('skipped');
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  return failures.length > 0 ? 1 : 0;
}

function requireRepetitions(text: string): string {
  if (/^[1-9]\d{0,2}$/.test(text)) return text;
  throw new UserError(`'--repeat' must be a whole number from 1 to 999, got '${text}'; try --repeat 20`, 2);
}

async function runSuite(suite: Suite, reasonAgainst?: string): Promise<Tally> {
  console.log(dim(`… ${suite.title}`));
  const start = Date.now();
  const missing = (suite.needs ?? []).filter(name => !hasTestTool(name));
  const inCi = process.env.CI === 'true';
  const left = {
    passed: 0,
    failed: inCi ? 1 : 0,
    skipped: inCi ? 0 : 1,
    details: reasonAgainst ?? (missing.length > 0 ? `left out: ${missing.join(', ')} is not installed` : ''),
  };
  const outcome = left.details === '' ? await suite.run() : left;
  const tally = { ...outcome, name: suite.name, seconds: Math.round((Date.now() - start) / 1000) };
  printTally(suite, tally);
  return tally;
}

/** Live tests need a machine that is set up; in CI nothing may be left out, elsewhere the rest runs without Docker. */
async function setUpOrReason(): Promise<string | undefined> {
  const inCi = process.env.CI === 'true';
  try {
    await setUpMachine({ assumeYes: inCi, rehearsal: true });
    return undefined;
  } catch (error) {
    if (inCi || !(error instanceof UserError)) throw error;
    return `left out: ${error.message}`;
  }
}

function selectSuites({ all, names }: TestOptions): Suite[] {
  const quick = [
    ...staticSuites(),
    jest('unit', 'unit and snapshot tests', ['--selectProjects', 'unit']),
    ...liveSuites('.e2e.ts'),
  ];
  const known = [...quick, ...liveSuites('.long.ts')];
  if (names.length === 0) return all ? known : quick;
  return names.map(name => {
    const found = known.find(suite => suite.name === name);
    if (found) return found;
    throw new UserError(
      `'NAME' must be a suite, got '${name}'; suites are ${known.map(suite => suite.name).join(', ')}`,
      2,
    );
  });
}

function staticSuites(): Suite[] {
  const shellFiles = ['ecp', '.ci/run', 'examples/metrics/targets.sh', ...shellScripts()];
  return [
    command('eslint', 'lint', 'npx', ['--no-install', 'eslint', '.']),
    command('prettier', 'format', 'npx', ['--no-install', 'prettier', '--check', '--log-level', 'warn', '.']),
    command('types', 'types', 'npx', ['--no-install', 'tsc', '--noEmit']),
    command('shellcheck', 'shell scripts', 'shellcheck', shellFiles),
    linter('hadolint', 'Dockerfiles', 'hadolint', ['--no-color', ...filesBelow(/(^|\/)Dockerfile$/)]),
    linter('objectscript', 'ObjectScript', 'python', ['cli/machine/parse-objectscript.py', ...filesBelow(/\.cls$/)]),
  ];
}

/** What somebody who runs an example leaves in its folder. */
const MADE = /\/(node_modules|cdktf\.out)\//;

/** Files of images, examples and test fixtures whose path matches. */
function filesBelow(pattern: RegExp): string[] {
  return ['images', 'examples', '__tests__'].flatMap(folder =>
    readdirSync(join(PROJECT, folder), { recursive: true, encoding: 'utf8' })
      .map(file => join(folder, file))
      .filter(file => pattern.test(file) && !MADE.test(file)),
  );
}

function shellScripts(): string[] {
  return ['constructs', 'images', 'examples', 'bench'].flatMap(folder =>
    readdirSync(join(PROJECT, folder), { recursive: true, encoding: 'utf8' })
      .map(file => join(folder, file))
      .filter(file => !MADE.test(file) && isShellScript(join(PROJECT, file))),
  );
}

function isShellScript(file: string): boolean {
  if (!statSync(file).isFile() || /\.(?!sh$)[a-z]+$/.test(file)) return false;
  return /^#!.*\bbash\b|^# shellcheck shell=bash/m.test(readFileSync(file, 'utf8').slice(0, 400));
}

/** A program that passes or fails as a whole; it counts as one test. */
function command(name: string, title: string, program: string, args: readonly string[]): Suite {
  return {
    name,
    title,
    static: true,
    run: async () => {
      const result = await run(program, args, { cwd: PROJECT });
      if (result.code === 127 && process.env.CI !== 'true') {
        return { passed: 0, failed: 0, skipped: 1, details: `left out: ${program} is not installed` };
      }
      return result.code === 0
        ? { passed: 1, failed: 0, skipped: 0, details: '' }
        : { passed: 0, failed: 1, skipped: 0, details: outputOf(result) };
    },
  };
}

/** Both linters come in one environment, which is made once. */
let bringing: ReturnType<typeof bringLinters> | undefined;

/** As `command`, with a program that comes from a Python package. */
function linter(name: string, title: string, program: string, args: readonly string[]): Suite {
  return {
    name,
    title,
    static: true,
    run: async () => {
      const linters = await (bringing ??= bringLinters());
      if ('folder' in linters) return command(name, title, join(linters.folder, program), args).run();
      const inCi = process.env.CI === 'true';
      return { passed: 0, failed: inCi ? 1 : 0, skipped: inCi ? 0 : 1, details: `left out: ${linters.missing}` };
    },
  };
}

function liveSuites(ending: '.e2e.ts' | '.long.ts'): Suite[] {
  const folder = join(PROJECT, '__tests__', 'e2e');
  return readdirSync(folder)
    .filter(file => file.endsWith(ending))
    .sort()
    .map(file => {
      const name = file.slice(0, -ending.length);
      return {
        ...jest(name, `live: ${name}`, ['--selectProjects', 'e2e', '--runTestsByPath', join(folder, file)]),
        live: true,
        ...readPragmas(readFileSync(join(folder, file), 'utf8')),
      };
    });
}

/** A live suite says in comments of its own what it asks for: `// ecp-test: alone`, `// ecp-test: needs chromium`. */
function readPragmas(source: string): Pick<Suite, 'alone' | 'needs'> {
  const pragmas = [...source.matchAll(/^\/\/ ecp-test: (.+)$/gm)].map(match => match[1]!.trim());
  return {
    alone: pragmas.includes('alone'),
    needs: pragmas.filter(pragma => pragma.startsWith('needs ')).flatMap(pragma => pragma.split(/[\s,]+/).slice(1)),
  };
}

function jest(name: string, title: string, args: readonly string[]): Suite {
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
}

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
  };
}

function outputOf(result: ProcessResult): string {
  return `${result.stderr}${result.stdout.startsWith('{') ? '' : result.stdout}`
    .trim()
    .split('\n')
    .slice(-200)
    .join('\n');
}

function printTally({ title }: Suite, { passed, failed, skipped, seconds, details }: Tally): void {
  if (details) console.log(details);
  const mark = failed > 0 ? red('✗') : skipped > 0 ? yellow('○') : green('✓');
  const counts = `${passed} passed${failed > 0 ? `, ${failed} failed` : ''}${skipped > 0 ? `, ${skipped} skipped` : ''}`;
  console.log(`${mark} ${bold(title)}: ${counts} ${dim(`(${seconds} s)`)}`);
}
