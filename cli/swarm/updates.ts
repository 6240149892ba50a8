import { setTimeout } from 'node:timers/promises';
import { visible } from '../terminal';
import type { ClusterService } from './services';
import { lookAtSwarm, type SwarmLook } from './swarm-look';

/** Updates that ended before a deploy, so that its own can be told apart: when each service's last one began, by the service's id. */
export type EarlierUpdates = ReadonlyMap<string, string>;

/** True while the swarm replaces tasks of a service, or takes that back. */
export const isUnderWay = ({ update }: Pick<ClusterService, 'update'>): boolean =>
  update === 'updating' || update === 'rollback_started';

/** The updates of a cluster's services that are over. */
export function earlierUpdates({ services }: Pick<SwarmLook, 'services'>): EarlierUpdates {
  return new Map(services.filter(each => !isUnderWay(each)).map(({ id, updateBegan }) => [id, updateBegan]));
}

/**
 * Waits until no update of a service is under way: an apply ends when the swarm has taken the order.
 *
 * @param progress Hears which services are waited for.
 * @returns the services whose update failed since
 */
export async function awaitUpdates(
  cluster: string,
  earlier: EarlierUpdates,
  timeoutSec: number,
  progress: (waiting: string) => void,
): Promise<ClusterService[]> {
  const end = Date.now() + timeoutSec * 1000;
  for (;;) {
    const { services } = await lookAtSwarm(cluster);
    const waiting = services.filter(isUnderWay);
    if (waiting.length === 0 || Date.now() > end) return failedSince(services, earlier);
    progress(waiting.map(({ name, update }) => `${name} ${update.replace('_', ' ')}`).join(', '));
    await setTimeout(500);
  }
}

/** A service still shows how its last update ended when all is well again. */
export function failedSince(services: readonly ClusterService[], earlier: EarlierUpdates): ClusterService[] {
  return services.filter(
    ({ id, update, updateBegan }) => /^(rollback|paused)/.test(update) && earlier.get(id) !== updateBegan,
  );
}

/** One sentence on an update that failed: the service, what the swarm says, what to do. */
export function failedUpdate({ name, update, updateMessage, lastFailure }: ClusterService): string {
  const what = /^rollback_(started|completed)$/.test(update)
    ? 'was rolled back, and it runs as it did before'
    : `failed and has stopped (${update})`;
  const why = visible([updateMessage, lastFailure].filter(Boolean).join('; '));
  return `the update of the service ${name} ${what} (${why}): docker service ps --no-trunc ${name} says more; correct what was changed, such as the image, and run ./ecp up again`;
}
