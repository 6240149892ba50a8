import { askEntryPoint, entryPointAmong, readEntryStatus, type EnteredServer } from '../access/entry-point';
import { findContainers, type Part } from '../access/servers';
import { onStderr } from '../terminal';

/** Seconds that a server which is Normal may take to be served: its next check. */
const SERVED_WITHIN_SEC = 10;

/** The entry point of a cluster where it runs, and what it does with the servers. */
export interface EntryPointNow {
  readonly entryPoint: Part;
  readonly servers: readonly EnteredServer[];
}

/** Undefined where there is no entry point that could be asked. */
export async function entryPointNow(cluster: string): Promise<EntryPointNow | undefined> {
  const entryPoint = entryPointAmong(await findContainers(cluster));
  if (!entryPoint?.facts.State.Running || entryPoint.facts.State.Paused) return undefined;
  const status = await askEntryPoint(entryPoint, ['status'], 10).catch((): undefined => undefined);
  return status === undefined ? undefined : { entryPoint, servers: readEntryStatus(status) };
}

/** Takes a server out. @returns how many requests and connections are still on it */
export async function drainServer({ entryPoint }: EntryPointNow, name: string): Promise<number> {
  return Number(await askEntryPoint(entryPoint, ['drain', name]));
}

/** Lets a server serve again once it is Normal. @returns whether it does within the time */
export async function activateServer(
  { entryPoint }: EntryPointNow,
  name: string,
  timeoutSec = SERVED_WITHIN_SEC,
): Promise<boolean> {
  return (await askEntryPoint(entryPoint, ['activate', name, String(timeoutSec)])).trim() === 'serving';
}

/** What goes on around a change of one server. */
export interface DrainSteps {
  readonly before: (server: string) => Promise<void>;
  /** @param isWell Whether the server can serve, so that it is worth waiting for that. @default true */
  readonly after: (server: string, isWell?: boolean) => Promise<void>;
}

/**
 * Has the entry point send a server nothing while that is changed, and waits afterwards until it serves again. A server that somebody has drained
 * stays so; the last one that serves is not drained, since nobody else would answer.
 */
export function drainSteps(cluster: string): DrainSteps {
  const drained = new Set<string>();
  return {
    before: async name => {
      const now = await entryPointNow(cluster);
      if (!now || !canDrain(now, name)) return;
      drained.add(name);
      await drainServer(now, name);
    },
    after: async (name, isWell = true) => {
      if (!drained.delete(name)) return;
      const now = await entryPointNow(cluster);
      if (now) await reactivate(now, name, isWell ? SERVED_WITHIN_SEC : 0);
    },
  };
}

/** Takes servers out that are about to be removed; those that are left serve. @returns their names */
export async function drainRemoved(cluster: string, names: readonly string[]): Promise<readonly string[]> {
  if (names.length === 0) return [];
  const now = await entryPointNow(cluster);
  if (!now) return [];
  const serving = now.servers.filter(({ state }) => state === 'serving').map(server => server.name);
  if (serving.every(name => names.includes(name))) return [];
  const drained = serving.filter(name => names.includes(name));
  await Promise.all(drained.map(name => drainServer(now, name)));
  return drained;
}

/** Lets servers serve again that were not removed after all. */
export async function undoDrains(cluster: string, names: readonly string[]): Promise<void> {
  const now = names.length === 0 ? undefined : await entryPointNow(cluster);
  if (!now) return;
  const left = names.filter(name => now.servers.some(server => server.name === name));
  for (const name of left) await reactivate(now, name, 0);
}

function canDrain({ servers }: EntryPointNow, name: string): boolean {
  const serving = servers.filter(({ state }) => state === 'serving');
  return serving.some(server => server.name === name) && serving.length > 1;
}

async function reactivate(now: EntryPointNow, name: string, timeoutSec: number): Promise<void> {
  try {
    await activateServer(now, name, timeoutSec);
  } catch (error) {
    // What was done to the server counts; status shows the rest.
    console.error(onStderr.yellow(`${name} stays out of the entry point: ${(error as Error).message}`));
  }
}
