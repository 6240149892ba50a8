import type { ProcessResult } from '../process';
import { docker, tryDocker, type ContainerFacts } from './docker';

/** What is done to one container, named by its id: its name may be another's by then. */
type Container = Pick<ContainerFacts, 'Id'>;

/** Runs a program in a running container. */
export function execIn(
  { Id: id }: Container,
  command: readonly string[],
  options: { readonly timeoutSec: number; readonly input?: string },
): Promise<ProcessResult> {
  const interactive = options.input === undefined ? [] : ['-i'];
  return tryDocker(['exec', ...interactive, id, ...command], options);
}

/** Runs a script of bash in a running container. */
export function shellIn(container: Container, script: string, timeoutSec: number): Promise<ProcessResult> {
  return execIn(container, ['bash', '-c', script], { timeoutSec });
}

/** What a container wrote, on both streams. */
export function logsOf(
  { Id: id }: Container,
  options: { readonly timeoutSec: number; readonly tail?: number },
): Promise<ProcessResult> {
  const tail = options.tail === undefined ? [] : ['--tail', String(options.tail)];
  return tryDocker(['logs', ...tail, id], options);
}

/** Copies a file out of a container, which need not run; a link is followed. */
export function copyOut({ Id: id }: Container, path: string, target: string): Promise<ProcessResult> {
  return tryDocker(['cp', '--follow-link', `${id}:${path}`, target], { timeoutSec: 15 });
}

export async function startContainer({ Id: id }: Container): Promise<void> {
  await docker(['start', id]);
}

/** Ends a container within the time that it asked for when it was made. */
export async function stopContainer({ Id: id }: Container): Promise<void> {
  await docker(['stop', id], 300);
}

export async function restartContainer({ Id: id }: Container, stopTimeoutSec: number): Promise<void> {
  await docker(['restart', '--time', String(stopTimeoutSec), id], 300);
}

export async function killContainer({ Id: id }: Container): Promise<void> {
  await docker(['kill', '--signal', 'KILL', id]);
}

/** Removes a container, running or not, with its anonymous volumes. */
export async function removeContainer({ Id: id }: Container): Promise<void> {
  await docker(['rm', '--force', '--volumes', id]);
}
