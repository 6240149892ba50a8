import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { PROJECT, type TestCluster } from './test-cluster';

/** When and how an `./ecp up` is ended. */
export interface Cut {
  /** Number of lines that it has printed. */
  readonly afterLines: number;
  /** Pause after that line, so that something is under way. */
  readonly pauseMs: number;
  /** Ctrl-C, Ctrl-C twice, or the end of every process that takes part. */
  readonly by: 'SIGINT' | 'SIGINT twice' | 'SIGKILL';
}

/** What an `./ecp up` that was cut short left. */
export interface CutResult {
  readonly output: string;
  /** Undefined when a signal ended it. */
  readonly code?: number;
  readonly signal?: string;
  /** False when it had ended before the moment came. */
  readonly wasCut: boolean;
  /** Processes of it that outlived it. */
  readonly leftovers: string[];
}

/** Runs `./ecp up --yes` in a process group of its own, as a shell does, and ends it at the moment. */
export function upCutShort(cluster: TestCluster, cut: Cut): Promise<CutResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(join(PROJECT, 'ecp'), ['up', '--yes', '--allow-destroy'], {
      env: { ...process.env, ...cluster.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let output = '';
    let due = false;
    let family: number[] = [];
    // To the group, as a terminal sends it.
    const interrupt = (): void => send(-child.pid!, 'SIGINT');
    const end = (): void => {
      family = familyOf(child.pid!);
      if (cut.by === 'SIGKILL') for (const pid of family) send(pid, 'SIGKILL');
      else interrupt();
      if (cut.by === 'SIGINT twice') setTimeout(interrupt, 150);
    };
    const read = (chunk: string): void => {
      output += chunk;
      if (due || output.split('\n').length <= cut.afterLines) return;
      due = true;
      setTimeout(end, cut.pauseMs);
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const wasCut = family.length > 0 && code !== 0;
      const leftovers = family.filter(isAlive).map(pid => String(pid));
      resolve({ output, code: code ?? undefined, signal: signal ?? undefined, wasCut, leftovers });
    });
  });
}

/** A process and all below it, the parent first. */
function familyOf(root: number): number[] {
  const lines = spawnSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' }).stdout.trim().split('\n');
  const parents = lines.map(line => line.trim().split(/\s+/).map(Number) as [number, number]);
  const family = [root];
  for (const member of family) family.push(...parents.filter(([, parent]) => parent === member).map(([pid]) => pid));
  return parents.some(([pid]) => pid === root) ? family : [];
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself meanwhile.
  }
}

function isAlive(pid: number): boolean {
  const state = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim();
  return state !== '' && !state.startsWith('Z');
}
