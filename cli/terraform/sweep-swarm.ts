import { setTimeout } from 'node:timers/promises';
import { LABELS } from '../../contract/contract';
import { docker, tryDocker } from '../access/docker';
import type { Endpoint } from '../access/endpoints';
import { findContainers } from '../access/servers';
import { askSwarm } from '../swarm/nodes';
import { servicesOf } from '../swarm/services';
import { UserError } from '../terminal';
import { idsInState } from './terraform';

/**
 * On a swarm containers belong to services, which alone can be left over, with the secrets and the network that they use. The swarm holds on
 * to a network until the last task on it has ended.
 */
export async function sweepSwarm(cluster: string, stateFile: string): Promise<string[]> {
  const { manager } = await askSwarm(cluster);
  const on = { endpoint: manager };
  const unknown = async (kind: 'secret' | 'network'): Promise<Named[]> => {
    const filters = ['--filter', `label=${LABELS.cluster}=${cluster}`];
    const known = idsInState(stateFile, `docker_${kind}`);
    const lines = await docker([kind, 'ls', ...filters, '--format', '{{.ID}} {{.Name}}', ...FULL_IDS[kind]], 30, on);
    const found = lines.split('\n').filter(Boolean);
    return found.map(toNamed).filter(({ id }) => !known.has(id));
  };
  const known = idsInState(stateFile, 'docker_service');
  const services = (await servicesOf(cluster, manager)).filter(({ id }) => !known.has(id));
  for (const { id } of services) await docker(['service', 'rm', id], 60, on);
  if (services.length > 0) await awaitTasksEnd(cluster, new Set(services.map(({ id }) => id)));
  const secrets = await unknown('secret');
  for (const { id } of secrets) await docker(['secret', 'rm', id], 60, on);
  const networks = await unknown('network');
  for (const network of networks) await removeNetwork(network, manager);
  return [
    ...services.map(({ name }) => `service ${name}`),
    ...secrets.map(({ name }) => `secret ${name}`),
    ...networks.map(({ name }) => `network ${name}`),
  ];
}

interface Named {
  readonly id: string;
  readonly name: string;
}

/** A network's id is cut unless it is asked for, a secret's never. */
const FULL_IDS = { secret: [], network: ['--no-trunc'] } as const;

function toNamed(line: string): Named {
  const [id = '', name = ''] = line.split(' ');
  return { id, name };
}

/** Longer than a task has to stop. */
const END_SEC = 180;

/** A removed service is gone before its tasks are: a new data server would meet the old one on its volume. */
async function awaitTasksEnd(cluster: string, services: ReadonlySet<string>): Promise<void> {
  const end = Date.now() + END_SEC * 1000;
  for (;;) {
    const running = (await findContainers(cluster)).filter(
      ({ State, Config }) => State.Running && services.has(Config.Labels['com.docker.swarm.service.id'] ?? ''),
    );
    if (running.length === 0) return;
    if (Date.now() > end)
      throw new UserError(
        `${running.map(({ Name }) => Name.slice(1)).join(', ')} still run ${END_SEC} s after their services, which the state does not know, were removed: docker rm --force them, then run the same command again`,
      );
    await setTimeout(500);
  }
}

const NETWORK_SEC = 60;

/** A manager knows it, and its name is taken, until the last container on it is gone there. */
async function removeNetwork({ id, name }: Named, manager: Endpoint): Promise<void> {
  const end = Date.now() + NETWORK_SEC * 1000;
  const on = { timeoutSec: 30, endpoint: manager };
  for (;;) {
    const { stderr } = await tryDocker(['network', 'rm', id], on);
    const left = await tryDocker(['network', 'inspect', name], on);
    if (left.code !== 0 && /no such network|not found/i.test(left.stderr)) return;
    if (Date.now() > end)
      throw new UserError(
        `the network ${name}, which the state does not know, cannot be removed: ${stderr.trim()}; docker network inspect ${name} shows who uses it`,
      );
    await setTimeout(500);
  }
}
