import { LABELS } from '../../constructs/private/contract';
import { containersWithLabel, docker, namesWithLabel } from '../docker';
import { awaitStateLock } from './state-lock';
import { idsInState } from './terraform';

/**
 * Removes containers and networks of the cluster that the state does not know: an apply that was killed leaves them, and their
 * names would stop the next one. Never volumes: a volume that is found again is used again.
 *
 * @returns what was removed, in words.
 */
export async function sweep(cluster: string, stateFile: string): Promise<string[]> {
  // What a running apply is making would look like a leftover.
  await awaitStateLock(stateFile);
  const label = `${LABELS.cluster}=${cluster}`;
  const removed: string[] = [];
  const [containers, networks] = await Promise.all([containersWithLabel(label), namesWithLabel('network', label)]);
  const knownContainers = idsInState(stateFile, 'docker_container');
  for (const container of containers) {
    if (knownContainers.has(container.Id)) continue;
    // A server that runs gets the time to stop that it asked for when it was made.
    if (container.State.Running && container.State.Status !== 'paused') await docker(['stop', container.Id], 300);
    await docker(['rm', '--force', '--volumes', container.Id]);
    removed.push(`container ${container.Name.replace(/^\//, '')}`);
  }
  const knownNetworks = idsInState(stateFile, 'docker_network');
  for (const network of networks) {
    if (knownNetworks.has(network)) continue;
    await docker(['network', 'rm', network]);
    removed.push(`network ${network.slice(0, 12)}`);
  }
  return removed;
}
