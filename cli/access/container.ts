import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProcessResult } from '../process';
import { UserError } from '../terminal';
import { docker, tryDocker, type ContainerFacts } from './docker';

/** What is done to one container, named by its id: its name may be another's by then. */
type Container = Pick<ContainerFacts, 'Id' | 'endpoint'>;

/** Runs a program in a running container. */
export function execIn(
  { Id: id, endpoint }: Container,
  command: readonly string[],
  options: { readonly timeoutSec: number; readonly input?: string },
): Promise<ProcessResult> {
  const interactive = options.input === undefined ? [] : ['-i'];
  return tryDocker(['exec', ...interactive, id, ...command], { ...options, endpoint });
}

/** Runs a script of bash in a running container. */
export function shellIn(container: Container, script: string, timeoutSec: number): Promise<ProcessResult> {
  return execIn(container, ['bash', '-c', script], { timeoutSec });
}

/** What a container wrote, on both streams. */
export function logsOf(
  { Id: id, endpoint }: Container,
  options: { readonly timeoutSec: number; readonly tail?: number },
): Promise<ProcessResult> {
  const tail = options.tail === undefined ? [] : ['--tail', String(options.tail)];
  return tryDocker(['logs', ...tail, id], { ...options, endpoint });
}

/** Copies a file out of a container, which need not run; a link is followed. */
export function copyOut({ Id: id, endpoint }: Container, path: string, target: string): Promise<ProcessResult> {
  return tryDocker(['cp', '--follow-link', `${id}:${path}`, target], { timeoutSec: 15, endpoint });
}

/** Reads a file of a container, which need not run. @throws UserError when it cannot be read */
export async function readOut(container: Container, path: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'ecp-file-'));
  try {
    const file = join(folder, 'file');
    const { code, stderr } = await copyOut(container, path, file);
    if (code !== 0) throw new UserError(stderr.trim() || `docker cp ended with code ${code}`);
    return readFileSync(file, 'utf8');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The most that `stopTimeoutSec` takes, and some time for Docker. */
const LONGEST_STOP_SEC = 7260;

export async function startContainer({ Id: id, endpoint }: Container): Promise<void> {
  await docker(['start', id], 60, { endpoint });
}

/**
 * Ends a container.
 *
 * @param timeoutSec Seconds until it is killed. @default - what it asked for when it was made
 */
export async function stopContainer({ Id: id, endpoint }: Container, timeoutSec?: number): Promise<void> {
  const time = timeoutSec === undefined ? [] : ['--time', String(timeoutSec)];
  await docker(['stop', ...time, id], timeoutSec === undefined ? LONGEST_STOP_SEC : timeoutSec + 60, { endpoint });
}

export async function restartContainer({ Id: id, endpoint }: Container, stopTimeoutSec: number): Promise<void> {
  await docker(['restart', '--time', String(stopTimeoutSec), id], 300, { endpoint });
}

export async function killContainer({ Id: id, endpoint }: Container): Promise<void> {
  await docker(['kill', '--signal', 'KILL', id], 60, { endpoint });
}

/** Removes a container, running or not, with its anonymous volumes. */
export async function removeContainer({ Id: id, endpoint }: Container): Promise<void> {
  await docker(['rm', '--force', '--volumes', id], 60, { endpoint });
}
