import { LABELS } from '../../contract/contract';
import { docker } from '../access/docker';
import type { Endpoint } from '../access/endpoints';
import { awaitTasksEnd } from '../swarm/await-tasks-end';
import { removeNetwork, type SwarmNetwork } from '../swarm/remove-network';
import type { SwarmLook } from '../swarm/swarm-look';
import { UserError } from '../terminal';
import { idsInState } from './terraform';

/** On a swarm containers belong to services, which alone can be left over, with the secrets and the network that they use. */
export async function sweepSwarm(
  cluster: string,
  stateFile: string,
  { manager, services: present }: SwarmLook,
): Promise<string[]> {
  const on = { endpoint: manager };
  const unknown = async (kind: 'secret' | 'network'): Promise<SwarmNetwork[]> => {
    const filters = ['--filter', `label=${LABELS.cluster}=${cluster}`];
    const known = idsInState(stateFile, `docker_${kind}`);
    const lines = await docker([kind, 'ls', ...filters, '--format', '{{.ID}} {{.Name}}', ...FULL_IDS[kind]], 30, on);
    const found = lines.split('\n').filter(Boolean);
    return found.map(toNamed).filter(({ id }) => !known.has(id));
  };
  const known = idsInState(stateFile, 'docker_service');
  const services = present.filter(({ id }) => !known.has(id));
  // Before they are removed, too: the next run would no longer know that tasks of theirs may be on a node that does not answer.
  if (services.length > 0) await awaitTasksEnd(cluster, new Set());
  for (const { id } of services) await docker(['service', 'rm', id], 60, on);
  if (services.length > 0) await awaitTasksEnd(cluster, new Set(services.map(({ id }) => id)));
  const [secrets, networks] = await Promise.all([unknown('secret'), unknown('network')]);
  for (const { id } of secrets) await docker(['secret', 'rm', id], 60, on);
  for (const network of networks) await requireRemoved(network, manager);
  return [
    ...services.map(({ name }) => `service ${name}`),
    ...secrets.map(({ name }) => `secret ${name}`),
    ...networks.map(({ name }) => `network ${name}`),
  ];
}

/** A network's id is cut unless it is asked for, a secret's never. */
const FULL_IDS = { secret: [], network: ['--no-trunc'] } as const;

function toNamed(line: string): SwarmNetwork {
  const [id = '', name = ''] = line.split(' ');
  return { id, name };
}

/** The swarm holds on to a network until the last task on it has ended. */
const NETWORK_SEC = 60;

async function requireRemoved(network: SwarmNetwork, manager: Endpoint): Promise<void> {
  const words = await removeNetwork(network, manager, NETWORK_SEC);
  if (words === undefined) return;
  const { name } = network;
  throw new UserError(
    `the network ${name}, which the state does not know, cannot be removed: ${words}; docker network inspect ${name} shows who uses it`,
  );
}
