import { createInterface } from 'node:readline';
import { spawnDockerMerged, type ContainerFacts } from './docker';

/** What of a container's log is read. */
export interface LogRange {
  /** ISO 8601, with nanoseconds if need be. @default - from its beginning */
  readonly since?: string;
  /** Lines from the end. @default - all */
  readonly tail?: number;
  /** Goes on until the container ends. @default false */
  readonly follow?: boolean;
  /** Ends the reading. */
  readonly signal?: AbortSignal;
}

/** Lines of a container's log, each with its time before it, and Docker's complaints without one. */
export async function* readLog(
  { Id: id, endpoint }: Pick<ContainerFacts, 'Id' | 'endpoint'>,
  { since, tail, follow = false, signal }: LogRange,
): AsyncGenerator<string> {
  if (signal?.aborted) return;
  const args = ['logs', '--timestamps'];
  if (since !== undefined) args.push('--since', since);
  if (tail !== undefined) args.push('--tail', String(tail));
  if (follow) args.push('--follow');
  const child = spawnDockerMerged([...args, id], { endpoint });
  const end = (): void => void child.kill('SIGTERM');
  signal?.addEventListener('abort', end, { once: true });
  try {
    yield* createInterface({ input: child.stdout, crlfDelay: Infinity });
  } finally {
    signal?.removeEventListener('abort', end);
    end();
  }
}
