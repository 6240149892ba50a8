import { setTimeout } from 'node:timers/promises';
import { docker, type ContainerFacts } from '../access/docker';
import type { Endpoint } from '../access/endpoints';
import { SWARM_SERVICE } from '../access/swarm-label';
import { UserError } from '../terminal';

/** The most that `stopTimeoutSec` takes, and some time for the swarm. */
const LONGEST_STOP_SEC = 7260;

/** Gives a service so many tasks as replicas; a plan says 1, and brings that back. */
export async function scaleService(service: string, replicas: 0 | 1, manager: Endpoint): Promise<void> {
  await docker(['service', 'scale', '--detach', `${service}=${replicas}`], 60, { endpoint: manager });
}

/**
 * Waits until no container of a service runs on the node of this one.
 *
 * @throws UserError when one still does.
 */
export async function awaitServiceEnd({ Name: name, Config, endpoint }: ContainerFacts): Promise<void> {
  const filter = ['--filter', `label=${SWARM_SERVICE}=${Config.Labels[SWARM_SERVICE] ?? ''}`];
  const end = Date.now() + LONGEST_STOP_SEC * 1000;
  while ((await docker(['ps', '--quiet', ...filter], 60, { endpoint })) !== '') {
    if (Date.now() > end) throw new UserError(`${name.slice(1)} still runs; docker kill ends it`);
    await setTimeout(300);
  }
}
