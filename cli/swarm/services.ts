import { LABELS } from '../../contract/contract';
import { docker } from '../access/docker';
import type { Endpoint } from '../access/endpoints';
import type { Server } from '../access/servers';

/** A service of a cluster. */
export interface ClusterService {
  readonly id: string;
  readonly name: string;
  /** The server that it is, or is beside; empty for a delivery. */
  readonly server: string;
  readonly role: string;
  /** Role of the servers that it delivers to; empty for a server. */
  readonly delivers: string;
  /** What became of its last update: `updating`, `completed`, `rollback_completed`, `paused`; empty when there was none. */
  readonly update: string;
  readonly updateMessage: string;
  /** When its last update began, as the swarm writes it; empty when there was none. */
  readonly updateBegan: string;
  /** What the swarm says of the task that should run, and why it does not. */
  readonly task: string;
  /** Why the newest of its tasks that failed did; empty when none did. */
  readonly lastFailure: string;
}

interface Inspected {
  readonly ID: string;
  readonly Spec: { readonly Name: string; readonly Labels?: Readonly<Record<string, string>> };
  readonly UpdateStatus?: { readonly State?: string; readonly Message?: string; readonly StartedAt?: string };
}

/** A task as `docker service ps` shows it. */
interface Task {
  readonly name: string;
  readonly desired: string;
  readonly current: string;
  readonly error: string;
}

const TASK_FORMAT = '{{.Name}}\t{{.DesiredState}}\t{{.CurrentState}}\t{{.Error}}';

/** Reads what `docker service ps` prints in TASK_FORMAT, newest first, each after the first of a name with a mark before it. */
export function readTasks(text: string): Task[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map(line => {
      const [name = '', desired = '', current = '', error = ''] = line.split('\t');
      return {
        name: name.replace(/^ *\\_ /, ''),
        desired,
        current: current.replace(/ (about|less than|\d).*/, ''),
        error: error.replace(/^"(.*)"$/, '$1'),
      };
    });
}

/** All services of a cluster, with what the swarm says of them. */
export async function servicesOf(cluster: string, manager: Endpoint): Promise<ClusterService[]> {
  const on = { endpoint: manager };
  const label = `label=${LABELS.cluster}=${cluster}`;
  const ids = (await docker(['service', 'ls', '--quiet', '--filter', label], 30, on)).split('\n').filter(Boolean);
  if (ids.length === 0) return [];
  const [inspected, listed] = await Promise.all([
    docker(['service', 'inspect', ...ids], 30, on),
    docker(['service', 'ps', '--no-trunc', '--format', TASK_FORMAT, ...ids], 30, on),
  ]);
  const tasks = readTasks(listed);
  return (JSON.parse(inspected) as Inspected[]).map(each => toService(each, tasks));
}

/** Whether a service is a server, and neither a delivery nor beside a server. */
export const isServer = ({ role }: Pick<ClusterService, 'role'>): boolean =>
  role === 'data-server' || role === 'app-server';

/** Those that are servers, and of which no container runs among these. */
export function unseenAmong(services: readonly ClusterService[], servers: readonly Server[]): ClusterService[] {
  const running = new Set(servers.filter(({ facts }) => facts.State.Running).map(({ name }) => name));
  return services.filter(each => isServer(each) && !running.has(each.server));
}

function toService(
  { ID: id, Spec: { Name: name, Labels: labels = {} }, UpdateStatus: update = {} }: Inspected,
  tasks: readonly Task[],
): ClusterService {
  const own = tasks.filter(task => task.name.startsWith(`${name}.`));
  const wanted = own.find(({ desired }) => desired === 'Running' || desired === 'Ready');
  return {
    id,
    name,
    server: labels[LABELS.server] ?? '',
    role: labels[LABELS.role] ?? '',
    delivers: labels[LABELS.delivers] ?? '',
    update: update.State ?? '',
    updateMessage: update.Message ?? '',
    updateBegan: update.StartedAt ?? '',
    task: [wanted?.current, wanted?.error].filter(Boolean).join(': '),
    lastFailure: own.find(({ error }) => error !== '')?.error ?? '',
  };
}
