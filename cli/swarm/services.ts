import { setTimeout } from 'node:timers/promises';
import { LABELS } from '../../contract/contract';
import { docker } from '../access/docker';
import type { Endpoint } from '../access/endpoints';
import { askSwarm } from './nodes';

/** A service of a cluster. */
export interface ClusterService {
  readonly id: string;
  readonly name: string;
  /** The server that it is; empty for a delivery. */
  readonly server: string;
  readonly role: string;
  /** Role of the servers that it delivers to; empty for a server. */
  readonly delivers: string;
  /** What became of its last update: `updating`, `completed`, `rollback_completed`, `paused`; empty when there was none. */
  readonly update: string;
  readonly updateMessage: string;
  /** What the swarm says of the task that should run, and why it does not. */
  readonly task: string;
}

interface Inspected {
  readonly ID: string;
  readonly Spec: { readonly Name: string; readonly Labels?: Readonly<Record<string, string>> };
  readonly UpdateStatus?: { readonly State?: string; readonly Message?: string };
}

/** All services of a cluster, with what the swarm says of them. */
export async function servicesOf(cluster: string, manager: Endpoint): Promise<ClusterService[]> {
  const on = { endpoint: manager };
  const label = `label=${LABELS.cluster}=${cluster}`;
  const ids = (await docker(['service', 'ls', '--quiet', '--filter', label], 30, on)).split('\n').filter(Boolean);
  if (ids.length === 0) return [];
  const inspected = JSON.parse(await docker(['service', 'inspect', ...ids], 30, on)) as Inspected[];
  const format = '{{.Name}}\t{{.DesiredState}}\t{{.CurrentState}}\t{{.Error}}';
  const tasks = await docker(['service', 'ps', '--no-trunc', '--format', format, ...ids], 30, on);
  const wanted = tasks
    .split('\n')
    .map(line => line.split('\t'))
    .filter(([, desired]) => desired === 'Running' || desired === 'Ready');
  return inspected.map(({ ID: id, Spec: { Name: name, Labels: labels = {} }, UpdateStatus: update }) => {
    const [, , current = '', error = ''] = wanted.find(([task = '']) => task.startsWith(`${name}.`)) ?? [];
    return {
      id,
      name,
      server: labels[LABELS.server] ?? '',
      role: labels[LABELS.role] ?? '',
      delivers: labels[LABELS.delivers] ?? '',
      update: update?.State ?? '',
      updateMessage: update?.Message ?? '',
      task: [current.replace(/ (about|less than|\d).*/, ''), error].filter(Boolean).join(': '),
    };
  });
}

/** How an update of services ended. */
export interface Converged {
  /** Services that went back to what they were, with the swarm's words. */
  readonly rolledBack: readonly ClusterService[];
}

/**
 * Waits until no update of a service is under way: an apply ends when the swarm has taken the order.
 *
 * @param progress Hears which services are waited for.
 */
export async function awaitServices(
  cluster: string,
  timeoutSec: number,
  progress: (waiting: string) => void,
): Promise<Converged> {
  const end = Date.now() + timeoutSec * 1000;
  for (;;) {
    const { manager } = await askSwarm(cluster);
    const services = await servicesOf(cluster, manager);
    const waiting = services.filter(({ update }) => update === 'updating' || update === 'rollback_started');
    if (waiting.length === 0 || Date.now() > end)
      return { rolledBack: services.filter(({ update }) => /^(rollback|paused)/.test(update)) };
    progress(waiting.map(({ name, update }) => `${name} ${update.replace('_', ' ')}`).join(', '));
    await setTimeout(500);
  }
}
