import { LABELS } from '../../constructs/private/contract';
import { serversAmong, type Server } from '../cluster';
import { containersWithLabel, docker, type ContainerFacts } from '../docker';
import { stateFileOf } from '../terraform/state-file';
import { containersInState, type ContainerInState } from '../terraform/terraform';
import type { Drift } from './drift';
import { filesDrift } from './files';
import { networkDrift, type ClusterNetwork } from './network';
import { stateDrift } from './state';

/**
 * Everything of a cluster that differs from what was deployed: what a plan would show, and what it cannot see. Where the Terraform
 * state is not on this machine, labels and deliveries tell, which know less.
 */
export async function findDrift(cluster: string): Promise<Drift[]> {
  const label = `${LABELS.cluster}=${cluster}`;
  const [containers, network] = await Promise.all([containersWithLabel(label), networkOf(label)]);
  const servers = serversAmong(containers);
  const engine = containers[0]?.Config.Labels[LABELS.engine];
  const known = engine ? containersKnown(stateFileOf(process.env, cluster, engine)) : [];
  const expected = new Set([...serversDeliveredTo(containers), ...known.flatMap(serverNameOf)]);
  const missing = [...expected].filter(name => !servers.some(server => server.name === name)).sort();
  const found = await Promise.all(
    servers.map(server => serverDrift(server, deliveryOf(server, containers), network, known)),
  );
  return [...found.flat(), ...missing.map(server => ({ server, what: 'its container is gone' }))];
}

async function serverDrift(
  server: Server,
  delivery: ContainerFacts | undefined,
  network: ClusterNetwork | undefined,
  known: readonly ContainerInState[],
): Promise<Drift[]> {
  const inState = known.find(each => serverNameOf(each)[0] === server.name);
  const fromState = inState ? stateDrift(server, inState) : [];
  // Another container takes its place; the rest of what is wrong with this one goes with it.
  if (inState && inState.id !== server.facts.Id) return fromState;
  const files = await filesDrift(server, delivery);
  const noDelivery = delivery ? [] : [{ server: server.name, what: 'the container that delivered its files is gone' }];
  return [...fromState, ...networkDrift(server, network), ...files, ...noDelivery];
}

/** A state that cannot be read is for `./ecp up` to complain of. */
function containersKnown(stateFile: string): ContainerInState[] {
  try {
    return containersInState(stateFile);
  } catch {
    return [];
  }
}

/** The name of the server that a container in the state is, or none for other containers. */
function serverNameOf({ labels }: ContainerInState): string[] {
  const value = (wanted: string): string => labels?.find(({ label }) => label === wanted)?.value ?? '';
  return ['data-server', 'app-server'].includes(value(LABELS.role)) ? [value(LABELS.server)] : [];
}

function deliveryOf(server: Server, containers: readonly ContainerFacts[]): ContainerFacts | undefined {
  const cluster = server.facts.Config.Labels[LABELS.cluster];
  return containers.find(({ Name: name }) => name === `/${cluster}-${server.name}-files`);
}

/** Whom files were delivered to should run. A web gateway's delivery carries its server's name and is called `…-web-files`. */
function serversDeliveredTo(containers: readonly ContainerFacts[]): string[] {
  return containers.flatMap(({ Name: name, Config: { Labels: labels } }) => {
    const server = labels[LABELS.server] ?? '';
    return name === `/${labels[LABELS.cluster]}-${server}-files` ? [server] : [];
  });
}

/** The network that carries the cluster's label. One that a larger stack brought along does not. */
async function networkOf(label: string): Promise<ClusterNetwork | undefined> {
  const lines = await docker([
    'network',
    'ls',
    '--no-trunc',
    '--filter',
    `label=${label}`,
    '--format',
    '{{.ID}} {{.Name}}',
  ]);
  const [id, name] = (lines.split('\n')[0] ?? '').split(' ');
  return id && name ? { id, name } : undefined;
}
