import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { killTree } from './process-table';
import { Meter, type Usage } from './usage';

/** A program as a person would call it. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** @default - the current folder */
  readonly cwd?: string;
}

/** What is measured: commands one after another, then a wait for what they were to bring about. */
export interface Step {
  readonly commands: readonly Command[];
  readonly isDone: () => Promise<boolean>;
  /** Ends the step, with all programs that it started. */
  readonly signal: AbortSignal;
}

const POLL_MS = 100;

/**
 * Runs the commands and waits until it is done.
 *
 * @throws Error with the last lines of a command that failed, or was ended.
 */
export async function measure({ commands, isDone, signal }: Step): Promise<Usage & { readonly wallSec: number }> {
  signal.throwIfAborted();
  const meter = new Meter();
  let usage: Usage | undefined;
  try {
    const start = performance.now();
    for (const command of commands) await execute(command, signal, pid => meter.follow(pid));
    while (!(await isDone())) {
      if (signal.aborted) throw new Error(`the cluster did not become what it was to be (${reasonOf(signal)})`);
      await pause(POLL_MS);
    }
    const wallSec = (performance.now() - start) / 1000;
    usage = meter.end();
    return { wallSec, ...usage };
  } finally {
    if (!usage) meter.end();
  }
}

const LAST_LINES = 15;

/**
 * Runs a program in a session of its own.
 *
 * @throws Error with its last lines unless it ends well; all that it started has ended too then.
 */
export function execute(command: Command, signal: AbortSignal, onStart?: (pid: number) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    const { program, args, env, cwd } = command;
    const child = spawn(program, [...args], { env, cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    if (child.pid !== undefined) onStart?.(child.pid);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    const end = (): void => {
      if (child.pid !== undefined) killTree(child.pid);
      // Whoever got away from that may hold them open.
      child.stdout.destroy();
      child.stderr.destroy();
    };
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
    child.on('error', reject);
    child.on('close', code => {
      signal.removeEventListener('abort', end);
      if (code === 0 && !signal.aborted) return resolve(output);
      const why = signal.aborted ? reasonOf(signal) : `exit code ${code}`;
      const words = [program.replace(/.*\//, ''), ...args].join(' ').slice(0, 100);
      reject(new Error(`${words} failed (${why})\n${output.trim().split('\n').slice(-LAST_LINES).join('\n')}`));
    });
  });
}

function reasonOf({ reason }: AbortSignal): string {
  if (!(reason instanceof Error)) return String(reason);
  return reason.name === 'TimeoutError' ? 'it took too long' : 'interrupted';
}
