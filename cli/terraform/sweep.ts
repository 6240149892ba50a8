import { requireOwnState } from '../../app/own-state';
import { LABELS } from '../../contract/contract';
import { removeContainer, stopContainer } from '../access/container';
import { LOOK_ROLE } from '../access/data-volume';
import { docker, namesWithLabel, type ContainerFacts } from '../access/docker';
import { placesOf } from '../access/endpoints';
import { findContainers } from '../access/servers';
import { lookAtSwarm, type SwarmLook } from '../swarm/swarm-look';
import { UserError } from '../terminal';
import { awaitStateLock } from './state-lock';
import { sweepSwarm } from './sweep-swarm';
import { idsInState } from './terraform';

/**
 * Removes containers and networks of the cluster that the state does not know: an apply that was killed leaves them, and their
 * names would stop the next one. Never volumes: a volume that is found again is used again.
 *
 * @param swarm What the cluster's swarm says. @default - it is asked
 * @returns what was removed, in words.
 * @throws UserError before anything is removed, when the state is not the cluster's, or a container that is not the cluster's is on a network
 * that has to go.
 */
export async function sweep(cluster: string, stateFile: string, swarm?: Promise<SwarmLook>): Promise<string[]> {
  // What a running apply is making would look like a leftover.
  await awaitStateLock(stateFile);
  requireOwnState(stateFile, cluster);
  if (placesOf(cluster).isSwarm) return sweepSwarm(cluster, stateFile, await (swarm ?? lookAtSwarm(cluster)));
  const label = `${LABELS.cluster}=${cluster}`;
  const removed: string[] = [];
  const [containers, networks] = await Promise.all([findContainers(cluster), namesWithLabel('network', label)]);
  const knownContainers = idsInState(stateFile, 'docker_container');
  const knownNetworks = idsInState(stateFile, 'docker_network');
  const unknownNetworks = networks.filter(network => !knownNetworks.has(network));
  const ofCluster = new Set(containers.map(({ Id }) => Id));
  for (const network of unknownNetworks) await requireNoGuests(network, ofCluster);
  for (const container of containers) {
    if (knownContainers.has(container.Id) || isLook(container)) continue;
    // A server that runs gets the time to stop that it asked for when it was made.
    if (container.State.Running && container.State.Status !== 'paused') await stopContainer(container);
    await removeContainer(container);
    removed.push(`container ${container.Name.replace(/^\//, '')}`);
  }
  for (const network of unknownNetworks) {
    await docker(['network', 'rm', network]);
    removed.push(`network ${network.slice(0, 12)}`);
  }
  return removed;
}

/** What another ./ecp looks into the data volume with, for a moment; an older one is left of a process that was killed. */
function isLook({ Created: created, Config: { Labels: labels } }: ContainerFacts): boolean {
  return labels[LABELS.role] === LOOK_ROLE && Date.now() - Date.parse(created) < 60_000;
}

/** Docker keeps a network that a container is on. */
async function requireNoGuests(network: string, ofCluster: ReadonlySet<string>): Promise<void> {
  const format = '{{$name := .Name}}{{range $id, $_ := .Containers}}{{$name}} {{$id}} {{.Name}}{{println}}{{end}}';
  const lines = (await docker(['network', 'inspect', '--format', format, network])).trim().split('\n').filter(Boolean);
  for (const [name, id, guest] of lines.map(line => line.split(' '))) {
    if (ofCluster.has(id!)) continue;
    throw new UserError(
      `the network '${name}' must be free, since the state does not know it and it has to be created again, and the container '${guest}' is on it: docker network disconnect ${name} ${guest}, then run the same command again (nothing was removed)`,
    );
  }
}
