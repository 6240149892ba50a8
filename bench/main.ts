/** `npm run bench`: what the tool costs against what one would use in its place, in one run. See docs/benchmarks.md. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { setUpMachine } from '../cli/machine/machine';
import { UserError, bold } from '../cli/terminal';
import { measureBackup } from './backup/backup';
import { measureEngine } from './engine/engine';
import { measureImage } from './engine/image';
import { awaitIdle, describeMachine } from './machine';
import { measureMachines } from './machines/machines';
import type { Notebook, Part, Request, Sample } from './measurement';
import { measureOperations } from './operations/operations';
import { USAGE, USUAL_PARTS, parseOptions, type Options } from './options';
import type { Result } from './report/result';
import { judgeTargets } from './report/targets';
import { writeHeadline } from './report/write-headline';
import { removeResult, rewriteResults, writeResult } from './report/write-result';
import { measureSynth } from './synth/synth';

const PROJECT = join(__dirname, '..');

interface Measured {
  readonly measure: (request: Request, notebook: Notebook) => Promise<void>;
  /** Numbers of application servers of a full and of a quick benchmark. */
  readonly sizes: readonly number[];
  readonly quickSizes: readonly number[];
}

const MEASURED: Readonly<Record<Part, Measured>> = {
  synth: { measure: measureSynth, sizes: [2, 10, 50, 100], quickSizes: [2, 10] },
  operations: { measure: measureOperations, sizes: [2, 10, 25, 50], quickSizes: [2] },
  engine: { measure: measureEngine, sizes: [1, 2, 8], quickSizes: [1] },
  image: { measure: measureImage, sizes: [0], quickSizes: [0] },
  backup: { measure: measureBackup, sizes: [10, 100, 1000], quickSizes: [10] },
  machines: { measure: measureMachines, sizes: [2, 10], quickSizes: [2] },
};

/** @returns the exit code */
async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    console.log(USAGE);
    return 0;
  }
  const options = parseOptions(args);
  const folder = resolve(options.out ?? join(PROJECT, options.quick ? '.ecp/bench' : 'bench/results'));
  if (options.report) {
    for (const file of await rewriteResults(folder)) console.log(relative(process.cwd(), file));
    return 0;
  }
  await setUpMachine({ assumeYes: process.env.CI === 'true', rehearsal: true });
  const interrupt = listenForInterrupts();
  // The figures of a quick run are not worth waiting for.
  const busy = options.quick ? undefined : await awaitIdle(interrupt.signal);
  if (interrupt.signal.aborted) return 130;
  const began = Date.now();
  const directory = mkdtempSync(join(tmpdir(), 'ecp-bench-'));
  const samples: Sample[] = [];
  const remarks: string[] = [busy ?? []].flat();
  const finished: Part[] = [];
  const machine = await describeMachine();
  const minutes = (): number => (Date.now() - began) / 60_000;
  const progress = (what: string): void => console.log(`${minutes().toFixed(1).padStart(6)} min  ${what}`);
  const write = async (): Promise<string[]> => {
    const day = new Date(began).toISOString().slice(0, 10);
    const complete = finished.length === options.parts.length;
    const isAll = USUAL_PARTS.every(part => options.parts.includes(part));
    const result: Result = {
      day,
      quick: options.quick,
      parts: finished,
      runs: options.runs,
      tookMin: minutes(),
      machine,
      targets: judgeTargets(samples, options.parts),
      remarks,
      samples,
    };
    // A result of some parts has their names, beside one of all on the same day.
    const whole = [day, ...(isAll ? [] : options.parts)].join('-');
    if (complete) removeResult(folder, `${whole}-partial`);
    const name = complete ? whole : `${whole}-partial`;
    const written = await writeResult(folder, name, result);
    const isWhole = complete && !options.quick && !options.out && isAll;
    if (isWhole) await writeHeadline(join(PROJECT, 'docs', 'benchmarks.md'), result, name);
    return written;
  };
  for (const remark of remarks) console.error(remark);
  let failed = false;
  let files: string[] = [];
  try {
    for (const part of options.parts) {
      progress(bold(part));
      try {
        await MEASURED[part].measure(requestFor(part, options, directory, interrupt.signal), {
          record: sample => samples.push({ part, ...sample }),
          remark: sentence => {
            remarks.push(sentence);
            progress(sentence);
          },
          keep: async () => void (files = await write()),
          progress,
        });
        finished.push(part);
      } catch (error) {
        failed = true;
        const { message } = error as Error;
        progress(`${part}: ${message}`);
        remarks.push(`${part} was not measured to its end: ${message.split('\n')[0]}`);
      }
      files = await write();
      if (interrupt.signal.aborted) break;
    }
  } finally {
    interrupt.stop();
    rmSync(directory, { recursive: true, force: true });
  }
  for (const { target, measured, verdict } of judgeTargets(samples, options.parts)) {
    if (verdict !== 'not measured') console.log(`${verdict.padEnd(8)} ${target}: ${measured}`);
  }
  for (const file of files) console.log(relative(process.cwd(), file));
  if (interrupt.signal.aborted) return 130;
  return failed ? 1 : 0;
}

function requestFor(part: Part, options: Options, directory: string, signal: AbortSignal): Request {
  const { sizes, quickSizes } = MEASURED[part];
  const { quick, runs } = options;
  return { sizes: options.sizes ?? (quick ? quickSizes : sizes), runs, quick, directory, signal };
}

/** The first signal lets the parts tidy up; who sends a second one does not want to wait for that. */
function listenForInterrupts(): { readonly signal: AbortSignal; readonly stop: () => void } {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(130);
    console.error(
      '\nInterrupted: what was made is removed, and what was measured is written. A second interrupt ends it at once.',
    );
    controller.abort(new Error('interrupted'));
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal);
  return {
    signal: controller.signal,
    stop: () => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, onSignal);
    },
  };
}

main(process.argv.slice(2)).then(
  code => (process.exitCode = code),
  (error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    console.error(`error: ${error.message}`);
    process.exitCode = error.exitCode;
  },
);
