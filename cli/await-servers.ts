import { isAsWanted } from './access/fenced';
import { setTimeout } from 'node:timers/promises';
import type { ServerReport } from './access/server-report';
import type { Server } from './access/servers';
import { reportCluster } from './cluster-report';
import type { Progress } from './terminal';

/** Servers that are not as they were waited for; none of either when all are. */
export interface NotNormal {
  readonly waiting: readonly ServerReport[];
  /** Names of those without a container. */
  readonly absent: readonly string[];
}

/** Options of `awaitServersNormal`. */
export interface AwaitServersOptions {
  readonly timeoutSec: number;
  readonly progress: Progress;
  /** Asked with those that are waited for; true ends the wait. */
  readonly isPointless: (waiting: readonly ServerReport[]) => boolean;
  /** True for a server that has not ended yet, as it is to. @default - none is */
  readonly isAsBefore?: (server: Server) => boolean;
  /** Ends the wait when it aborts. */
  readonly interrupt?: AbortSignal;
}

/** Waits until servers of a cluster are Normal, the time is up or waiting is pointless. */
export async function awaitServersNormal(
  cluster: string,
  names: readonly string[],
  { timeoutSec, progress, isPointless, isAsBefore = () => false, interrupt }: AwaitServersOptions,
): Promise<NotNormal> {
  const end = Date.now() + timeoutSec * 1000;
  for (;;) {
    const { servers } = await reportCluster(cluster);
    const awaited = servers.filter(({ server }) => names.includes(server.name));
    const waiting = awaited.filter(each => !isAsWanted(each.state) || isAsBefore(each.server));
    // A server that a swarm starts nowhere has no container to report of.
    const absent = names.filter(name => !awaited.some(({ server }) => server.name === name));
    const isDone = waiting.length + absent.length === 0;
    const isHopeless = waiting.length > 0 && absent.length === 0 && isPointless(waiting);
    if (isDone || Date.now() > end || isHopeless || interrupt?.aborted) return { waiting, absent };
    progress([...waiting.map(({ server, state }) => `${server.name} ${state}`), ...absent].join(', '));
    await setTimeout(500);
  }
}
