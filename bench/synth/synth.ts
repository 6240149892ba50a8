import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { run as runProgram } from '../../cli/process';
import type { Notebook, Request } from '../measurement';
import { endedChildrenCpuSec } from '../operations/usage';
import type { InProcess } from './in-process';

const PROJECT = join(__dirname, '..', '..');
const NODE = ['--require', 'tsx/cjs'];

/**
 * Measures a synthesis as whole processes (`main.ts`, the same imports alone, `cdktf synth`) and in process, with the share of our code,
 * in turn within each run.
 */
export async function measureSynth(request: Request, notebook: Notebook): Promise<void> {
  const folder = join(request.directory, 'synth');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const cdktf = join(PROJECT, 'node_modules', '.bin', 'cdktf');
  const subjects = [
    { subject: 'imports alone', program: 'node', args: [...NODE, 'bench/synth/imports.ts'] },
    { subject: 'main.ts', program: 'node', args: [...NODE, 'main.ts'] },
    { subject: 'cdktf synth', program: cdktf, args: ['synth', '--output', join(folder, 'out')] },
  ];
  // The first of each fills the caches of the disk and of tsx.
  for (let run = request.quick ? 1 : 0; run <= request.runs; run++) {
    for (const servers of request.sizes) {
      notebook.progress(`synth of ${servers} application servers, run ${run} of ${request.runs}`);
      const env = environment(folder, servers);
      for (const { subject, program, args } of subjects) {
        const { wallSec, cpuSec } = await timed(program, args, env, request.signal);
        if (run === 0) continue;
        notebook.record({ subject, action: 'synth', servers, quantity: 'wallSec', run, value: wallSec });
        notebook.record({ subject, action: 'synth', servers, quantity: 'cpuSec', run, value: cpuSec });
      }
      if (run === 0) continue;
      const plain = await inProcess([], env, request.signal);
      const profiled = await inProcess(['--profile'], env, request.signal);
      const record = (quantity: string, value: number): void =>
        notebook.record({ subject: 'in process', action: 'synth', servers, quantity, run, value });
      record('importMs', plain.importMs);
      record('synthesizeMs', plain.synthesizeMs);
      // The profiler slows everything down alike, so that it is the shares that carry over.
      for (const [quantity, share] of Object.entries(profiled.shares ?? {}))
        record(quantity, plain.synthesizeMs * share);
    }
  }
}

function environment(folder: string, servers: number): NodeJS.ProcessEnv {
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ECP_')));
  return {
    ...own,
    CHECKPOINT_DISABLE: '1',
    CI: '1',
    CDKTF_OUTDIR: join(folder, 'out'),
    ECP_STATE_DIR: join(folder, 'state'),
    ECP_APP_SERVERS: String(servers),
    ECP_MAX_APP_SERVERS: '200',
    ECP_APP_SERVER_WEB_PORT_BASE: '25100',
  };
}

async function inProcess(args: readonly string[], env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<InProcess> {
  const program = [...NODE, 'bench/synth/in-process.ts', ...args];
  const { code, stdout, stderr } = await runProgram('node', program, { cwd: PROJECT, env, signal });
  if (code !== 0) throw new Error(`the synthesis in process failed (exit code ${code})\n${stderr.trim()}`);
  return JSON.parse(stdout) as InProcess;
}

/** Runs a program to its end. */
function timed(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<{ readonly wallSec: number; readonly cpuSec: number }> {
  return new Promise((resolve, reject) => {
    const before = endedChildrenCpuSec();
    const start = performance.now();
    const child = spawn(program, [...args], { cwd: PROJECT, env, stdio: ['ignore', 'ignore', 'pipe'], signal });
    let words = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (words += text));
    child.on('error', reject);
    child.on('close', code => {
      const wallSec = (performance.now() - start) / 1000;
      if (code === 0) resolve({ wallSec, cpuSec: endedChildrenCpuSec() - before });
      else reject(new Error(`${program.replace(/.*\//, '')} ended with code ${code}\n${words.trim()}`));
    });
  });
}
