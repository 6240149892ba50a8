import { unlimitedAt } from '../../app/unlimited';
import { LABELS } from '../../contract/contract';
import { deliveryOf, serversDeliveredTo } from '../access/delivered-files';
import { docker, type ContainerFacts } from '../access/docker';
import { placesOf } from '../access/endpoints';
import { partsAmong } from '../access/parts';
import type { Part } from '../access/servers';
import { PART_ROLES } from '../../contract/parts';
import type { FoundContainers } from '../access/found-containers';
import { settledDaemon } from '../machine/daemon-handover';
import { mapConcurrently } from '../map-concurrently';
import type { SwarmLook } from '../swarm/swarm-look';
import { containersKnown } from '../terraform/known-containers';
import type { ContainerInState } from '../terraform/terraform';
import type { Drift, FoundDrift } from './drift';
import { filesDrift } from './file-drift';
import { networkDrift, type ClusterNetwork } from './network-drift';
import { stateDrift } from './state-drift';
import { swarmDrift } from './swarm-drift';

/** Each look is two processes. */
const LOOKS_AT_ONCE = 8;

/**
 * Everything of a cluster that differs from what was deployed: what a plan would show, and what it cannot see. Where the Terraform
 * state is not on this machine, labels and deliveries tell, which know less.
 *
 * @param found all of the cluster, as `containersOf` gives it.
 * @param swarm what its swarm says. @default - it is asked
 */
export async function findDrift(
  cluster: string,
  found: FoundContainers,
  swarm?: Promise<SwarmLook>,
): Promise<FoundDrift> {
  if (placesOf(cluster).isSwarm) return swarmDrift(cluster, found, swarm);
  const { containers } = found;
  const parts = partsAmong(containers);
  const network = await networkOf(cluster);
  const known = containersKnown(cluster, containers);
  const expected = new Set([...serversDeliveredTo(containers), ...known.flatMap(serverNameOf)]);
  const missing = [...expected].filter(name => !parts.some(part => part.name === name)).sort();
  const drift = await mapConcurrently(LOOKS_AT_ONCE, parts, part =>
    partDrift(part, deliveryOf(part, containers), network, known),
  );
  return {
    drift: [...drift.flat(), ...missing.map(server => ({ server, what: 'its container is gone' }))],
    deployedHere: known.length > 0,
    hosts: Object.fromEntries(known.flatMap(each => serverNameOf(each).map(name => [name, each.host ?? '']))),
  };
}

async function partDrift(
  server: Part,
  delivery: ContainerFacts | undefined,
  network: ClusterNetwork | undefined,
  known: readonly ContainerInState[],
): Promise<Drift[]> {
  const inState = known.find(each => serverNameOf(each)[0] === server.name);
  const fromState = inState ? stateDrift(server, inState, unlimitedAt(settledDaemon().host)) : [];
  // Another container takes its place; the rest of what is wrong with this one goes with it.
  if (inState && inState.id !== server.facts.Id) return fromState;
  const files = await filesDrift(server, delivery, known);
  const noDelivery = delivery ? [] : [{ server: server.name, what: 'the container that delivered its files is gone' }];
  return [...fromState, ...networkDrift(server, network, inState), ...files, ...noDelivery];
}

/** The name of the part that a container in the state is; none for other containers. */
function serverNameOf({ labels }: ContainerInState): string[] {
  const value = (wanted: string): string => labels?.find(({ label }) => label === wanted)?.value ?? '';
  return PART_ROLES.includes(value(LABELS.role)) ? [value(LABELS.server)] : [];
}

/**
 * The network that carries the cluster's label. One that a larger stack brought along does not. Several hosts have one each, or an overlay,
 * which a host knows once a container there has joined it: what Docker says of the servers themselves has to do.
 */
async function networkOf(cluster: string): Promise<ClusterNetwork | undefined> {
  if (placesOf(cluster).endpoints.some(endpoint => endpoint !== undefined)) return undefined;
  const filter = ['--filter', `label=${LABELS.cluster}=${cluster}`];
  const lines = await docker(['network', 'ls', '--no-trunc', ...filter, '--format', '{{.ID}} {{.Name}}']);
  const [id, name] = (lines.split('\n')[0] ?? '').split(' ');
  return id && name ? { id, name } : undefined;
}
