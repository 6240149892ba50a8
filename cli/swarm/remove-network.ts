import { setTimeout } from 'node:timers/promises';
import { tryDocker } from '../access/docker';
import type { Endpoint } from '../access/endpoints';

/** A network of a swarm; id and name are the same where only one is known. */
export interface SwarmNetwork {
  readonly id: string;
  readonly name: string;
}

/**
 * Removes a network: a manager knows it, and its name is taken, until the last container on it is gone there, and for a moment longer.
 *
 * @returns Docker's words when it is still there after the time; undefined when it is gone
 */
export async function removeNetwork(
  { id, name }: SwarmNetwork,
  manager: Endpoint | undefined,
  deadlineSec: number,
): Promise<string | undefined> {
  const end = Date.now() + deadlineSec * 1000;
  const ask = (...args: string[]) =>
    tryDocker(args, { timeoutSec: Math.max(1, (end - Date.now()) / 1000), endpoint: manager });
  for (;;) {
    const { stderr } = await ask('network', 'rm', id);
    const left = await ask('network', 'inspect', name);
    if (left.code !== 0 && /no such network|not found/i.test(left.stderr)) return undefined;
    if (Date.now() > end) return stderr.trim() || `no answer within ${deadlineSec} s`;
    await setTimeout(200);
  }
}
