import { setTimeout } from 'node:timers/promises';
import type { ContainerFacts } from '../access/docker';
import type { LogLine } from './log-line';
import { linesOf, type OnComplaint, type ReadTo } from './server-log';

/** Lines wait so long for older ones of other servers. */
const ORDER_MS = 250;

const LOOK_EVERY_MS = 1000;

/** What `follow` needs. */
export interface FollowOptions {
  /** Containers to follow, asked again and again: servers restart, and a swarm makes new ones. */
  readonly find: () => Promise<readonly ContainerFacts[]>;
  /** Where the reading goes on; what is not in it is read from `since`. */
  readonly readTo: ReadTo;
  readonly since: string;
  readonly show: (line: LogLine) => void;
  readonly onComplaint: OnComplaint;
  readonly signal: AbortSignal;
}

/** Shows what servers write, until `signal` aborts. */
export async function follow({ find, readTo, since, show, onComplaint, signal }: FollowOptions): Promise<void> {
  const open = new Set<string>();
  /** When a container started whose log was read to its end, by its id. */
  const readAll = new Map<string, string>();
  let waiting: { readonly line: LogLine; readonly at: number }[] = [];

  const read = async (container: ContainerFacts): Promise<void> => {
    open.add(container.Id);
    const from = readTo.get(container.Id) ?? since;
    const source = linesOf(container, { since: from, follow: true, signal }, readTo, onComplaint);
    for await (const line of source) waiting.push({ line, at: Date.now() });
    readAll.set(container.Id, container.State.StartedAt);
    open.delete(container.Id);
  };
  const flush = (until: number): void => {
    const due = waiting.filter(({ at }) => at <= until).map(({ line }) => line);
    waiting = waiting.filter(({ at }) => at > until);
    for (const line of due.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))) show(line);
  };

  const ticker = setInterval(() => flush(Date.now() - ORDER_MS), ORDER_MS);
  try {
    while (!signal.aborted) {
      // An engine that is busy is asked again.
      const found = await find().catch(() => []);
      for (const each of found) {
        const isNews = each.State.Running || readAll.get(each.Id) !== each.State.StartedAt;
        if (!signal.aborted && isNews && !open.has(each.Id)) void read(each);
      }
      await setTimeout(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    clearInterval(ticker);
    flush(Infinity);
  }
}
