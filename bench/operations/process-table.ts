import { readFileSync, readdirSync } from 'node:fs';

/** One process as the kernel counts it. */
export interface ProcessFacts {
  readonly pid: number;
  readonly parent: number;
  readonly session: number;
  readonly name: string;
  /** Processor time that it took itself. */
  readonly ownCpuSec: number;
  /** Processor time of its children that have ended and of theirs. */
  readonly childrenCpuSec: number;
  readonly memoryMb: number;
}

/** Linux tells times to programs in hundredths of a second, whatever it counts in itself. */
const TICKS_PER_SEC = 100;

const PAGES_PER_MB = 256;

/** Takes a line of /proc/PID/stat apart: proc(5). A name may hold blanks and parentheses. */
export function parseStat(line: string): ProcessFacts {
  const open = line.indexOf('(');
  const close = line.lastIndexOf(')');
  // From field 3, the state, on.
  const fields = line.slice(close + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]);
  return {
    pid: Number(line.slice(0, open)),
    name: line.slice(open + 1, close),
    parent: field(4),
    session: field(6),
    ownCpuSec: (field(14) + field(15)) / TICKS_PER_SEC,
    childrenCpuSec: (field(16) + field(17)) / TICKS_PER_SEC,
    memoryMb: field(24) / PAGES_PER_MB,
  };
}

/** Numbers of all processes. */
export function listProcesses(): number[] {
  return readdirSync('/proc').flatMap(name => (/^\d+$/.test(name) ? [Number(name)] : []));
}

/** @returns undefined when there is no such process any more. */
export function readProcess(pid: number): ProcessFacts | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return undefined;
  }
}

/** A process and all that come from it, also those that made a session of their own or whose parent has ended within its session. */
export function treeOf(root: number): ProcessFacts[] {
  const all = listProcesses().flatMap(pid => readProcess(pid) ?? []);
  const found = new Set<number>();
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const { pid, parent, session } of all)
      if (pid === root || session === root || found.has(parent)) found.add(pid);
  }
  return all.filter(({ pid }) => found.has(pid));
}

/** Ends a process and all that come from it at once. They are stopped first, so that none can start another meanwhile. */
export function killTree(root: number): void {
  for (const signal of ['SIGSTOP', 'SIGSTOP', 'SIGKILL'] as const)
    for (const { pid } of treeOf(root)) {
      try {
        process.kill(pid, signal);
      } catch {
        // It has ended by itself.
      }
    }
}
