import { setUpMachine } from '../../cli/machine/machine';
import { UserError, bold, dim, green, red, yellow } from '../../cli/terminal';
import { bringForkBindings } from '../fork-bindings';
import { bringTestTools, hasTestTool, howToBring } from '../test-tools';
import { jest } from './jest-suite';
import { liveSuites } from './live-suites';
import { staticSuites } from './static-suites';
import type { Outcome, Suite } from './suite';

interface Tally extends Outcome {
  readonly name: string;
  readonly seconds: number;
}

/** Tells the live suites of `--repeat`. */
const REPEAT_VARIABLE = 'TEST_REPEAT';

/** Live suites that run in parallel: they mostly wait, but a machine may have two cores. */
const LANES = 3;

/** As long as one of them measures how long something takes. */
const CALM_LANES = 2;

/** Options of `./ecp test`. */
export interface TestOptions {
  readonly all: boolean;
  /** How often a live test repeats each of its faults. @default - a few times, as each suite says */
  readonly repeat?: string;
  /** Installs what only tests need without asking. */
  readonly assumeYes: boolean;
  readonly names: readonly string[];
}

/** Runs the suites, static checks first, then those that may run in parallel, and ends with one line that counts all tests. */
export async function test(options: TestOptions): Promise<number> {
  const suites = selectSuites(options);
  if (options.repeat !== undefined) process.env[REPEAT_VARIABLE] = requireRepetitions(options.repeat);
  await bringTestTools(
    suites.flatMap(suite => suite.needs ?? []),
    options.assumeYes,
  );
  const withoutFork = suites.some(suite => suite.fork) ? await bringForkBindings() : undefined;
  if (withoutFork) console.log(yellow(`Tests on cdktn are left out: ${withoutFork}`));
  const reasonWithoutDocker = suites.some(suite => suite.live) ? await setUpOrReason(options.assumeYes) : undefined;
  const tallies = await Promise.all(suites.filter(suite => suite.static).map(suite => runSuite(suite)));
  const others = suites.filter(suite => !suite.static);
  for (const suite of others.filter(({ live }) => !live)) tallies.push(await runSuite(suite));
  await inLanes(
    others.filter(({ live }) => live),
    async suite => void tallies.push(await runSuite(suite, reasonWithoutDocker)),
  );
  const failed = tallies.filter(tally => tally.failed > 0);
  if (failed.length > 0) printFailures(failed);
  const sum = (key: 'passed' | 'failed' | 'skipped'): number => tallies.reduce((total, tally) => total + tally[key], 0);
  const skipped = sum('skipped');
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  return failed.length > 0 ? 1 : 0;
}

async function inLanes(suites: readonly Suite[], runOne: (suite: Suite) => Promise<void>): Promise<void> {
  const waiting = [...suites.filter(({ calm }) => calm), ...suites.filter(({ calm }) => !calm)];
  let calmLeft = suites.filter(({ calm }) => calm).length;
  let endCalm = (): void => undefined;
  const calmHasEnded = new Promise<void>(resolve => (endCalm = resolve));
  if (calmLeft === 0) endCalm();
  const lane = async (): Promise<void> => {
    for (let suite = waiting.shift(); suite; suite = waiting.shift()) {
      await runOne(suite);
      if (suite.calm && --calmLeft === 0) endCalm();
    }
  };
  await Promise.all(
    Array.from({ length: LANES }, (_, index) => (index < CALM_LANES ? lane() : calmHasEnded.then(lane))),
  );
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
    details:
      reasonAgainst ?? (missing.length > 0 ? `left out: ${missing.join(', ')} is not installed; ${howToBring()}` : ''),
  };
  const outcome = left.details === '' ? await suite.run() : left;
  const tally = { ...outcome, name: suite.name, seconds: Math.round((Date.now() - start) / 1000) };
  printTally(suite, tally);
  return tally;
}

/** Live tests need a machine that is set up; in CI nothing may be left out, elsewhere the rest runs without Docker. */
async function setUpOrReason(assumeYes: boolean): Promise<string | undefined> {
  const inCi = process.env.CI === 'true';
  try {
    await setUpMachine({ assumeYes: assumeYes || inCi, rehearsal: true });
    return undefined;
  } catch (error) {
    if (inCi || !(error instanceof UserError)) throw error;
    return `left out: ${error.message}`;
  }
}

function selectSuites({ all, names, repeat }: TestOptions): Suite[] {
  const quick = [
    ...staticSuites(),
    {
      // Nothing runs beside them; by itself jest leaves one processor to others.
      ...jest('unit', 'unit and snapshot tests', ['--selectProjects', 'unit', '--maxWorkers', '100%']),
      fork: true,
    },
    ...liveSuites('.e2e.ts'),
  ];
  const known = [...quick, ...liveSuites('.long.ts')];
  const isAskedFor = ({ onDemand }: Suite): boolean => repeat !== undefined || !onDemand;
  if (names.length === 0) return all ? known.filter(isAskedFor) : quick;
  return names.map(name => {
    const found = known.find(suite => suite.name === name);
    if (found) return found;
    throw new UserError(
      `'NAME' must be a suite, got '${name}'; suites are ${known.map(suite => suite.name).join(', ')}`,
      2,
    );
  });
}

function printTally({ title }: Suite, { passed, failed, skipped, seconds, details }: Tally): void {
  if (details) console.log(details);
  const mark = failed > 0 ? red('✗') : skipped > 0 ? yellow('○') : green('✓');
  const counts = `${passed} passed${failed > 0 ? `, ${failed} failed` : ''}${skipped > 0 ? `, ${skipped} skipped` : ''}`;
  console.log(`${mark} ${bold(title)}: ${counts} ${dim(`(${seconds} s)`)}`);
}

/** What failed once more, since the lines of later suites have pushed it away. */
function printFailures(failed: readonly Tally[]): void {
  for (const { name, failures = [] } of failed) {
    for (const failure of failures) console.log(`\n${red('✗')} ${bold(name)}: ${failure}`);
  }
  const names = failed.map(({ name }) => name).join(', ');
  console.log(red(`\nfailed: ${names}; run one again with ./ecp test NAME`));
}
