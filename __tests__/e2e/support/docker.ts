import { spawn } from 'node:child_process';
import { rest } from './rest';

export interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string | Buffer;
  /** The command is killed after this many seconds. @default 60 */
  readonly timeoutSec?: number;
  /** Return a failure instead of throwing it. @default false */
  readonly mayFail?: boolean;
}

/** Runs a program to its end; throws its words when it fails. */
export function run(program: string, args: string[], options: RunOptions = {}): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    const timer = setTimeout(() => child.kill('SIGKILL'), (options.timeoutSec ?? 60) * 1000);
    child.stdout.on('data', chunk => stdout.push(chunk));
    child.stderr.on('data', chunk => stderr.push(chunk));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const result = {
        code: code ?? -1,
        stdout: Buffer.concat(stdout).toString('latin1'),
        stderr: Buffer.concat(stderr).toString('utf8'),
      };
      if (result.code === 0 || options.mayFail) resolve(result);
      else
        reject(new Error(`${program} ${args.join(' ')}: ${signal ?? result.code}\n${result.stdout}${result.stderr}`));
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });
}

/** `docker …`; its output is read as latin1, one character a byte. */
export const docker = (args: string[], options?: RunOptions) => run('docker', args, options);

/** Runs a command in a container. */
export const exec = (container: string, command: string[], options?: RunOptions) =>
  docker(['exec', '-i', container, ...command], options);

export const sleep = (seconds: number) => new Promise(resolve => setTimeout(resolve, seconds * 1000));

/** Waits until `probe` returns true; the error holds what was waited for and what was seen last. */
export async function waitFor(what: string, timeoutSec: number, probe: () => Promise<unknown>): Promise<void> {
  const end = Date.now() + timeoutSec * 1000;
  for (;;) {
    const start = Date.now();
    const seen = await probe();
    if (seen === true) return;
    if (Date.now() > end) throw new Error(`not within ${timeoutSec} s: ${what}; last: ${JSON.stringify(seen)}`);
    await rest(start, 0.1);
  }
}

/** Removes every container, network and volume that carries the label. */
export async function removeLabelled(label: string): Promise<void> {
  const filter = ['--filter', `label=${label}`];
  const kinds = { container: ['rm', '-f', '-v'], network: ['rm'], volume: ['rm', '-f'] };
  for (const [kind, remove] of Object.entries(kinds)) {
    const { stdout } = await docker([kind, 'ls', ...(kind === 'container' ? ['-a'] : []), '-q', ...filter]);
    const ids = stdout.split('\n').filter(id => id !== '');
    if (ids.length > 0) await docker([kind, ...remove, ...ids], { mayFail: true });
  }
}
