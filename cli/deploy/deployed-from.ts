import { hostname } from 'node:os';
import { tryDocker } from '../access/docker';
import { placesOf } from '../access/endpoints';

/**
 * A note on the Docker host that says which state deployed a cluster: an empty volume with labels. Not a label of the cluster's own
 * containers, which would all be replaced when the folder moves, and not the cluster's label, since it is no part of the cluster.
 */
export const DEPLOYED_FROM = 'ecp-deployed-from';

const SUFFIX = '-deployed-from';

const volumeOf = (cluster: string): string => `${cluster}${SUFFIX}`;

/** The cluster that a volume with such a label is about. */
export function clusterOfNote(volume: string): string {
  return volume.endsWith(SUFFIX) ? volume.slice(0, -SUFFIX.length) : '';
}

/** A state as the note names it. */
export function deployerOf(stateFile: string): string {
  return `${hostname()}:${stateFile}`;
}

/** The state that deployed a cluster last, as `deployerOf` writes it; undefined when nothing says so. */
export async function readDeployedFrom(cluster: string): Promise<string | undefined> {
  const format = `{{index .Labels "${DEPLOYED_FROM}"}}`;
  const { code, stdout } = await tryDocker(['volume', 'inspect', '--format', format, volumeOf(cluster)], on(cluster));
  return code === 0 && stdout.trim() !== '' ? stdout.trim() : undefined;
}

/**
 * Notes which state deploys a cluster. Without the note the state's own knowledge decides, so a failure is none of the deploy's.
 *
 * @param noted What `readDeployedFrom` said.
 */
export async function noteDeployedFrom(cluster: string, stateFile: string, noted: string | undefined): Promise<void> {
  const deployer = deployerOf(stateFile);
  if (noted === deployer) return;
  await forgetDeployedFrom(cluster);
  await tryDocker(['volume', 'create', '--label', `${DEPLOYED_FROM}=${deployer}`, volumeOf(cluster)], on(cluster));
}

/** The cluster is gone. */
export async function forgetDeployedFrom(cluster: string): Promise<void> {
  await tryDocker(['volume', 'rm', volumeOf(cluster)], on(cluster));
}

function on(cluster: string): Parameters<typeof tryDocker>[1] {
  return { timeoutSec: 10, endpoint: placesOf(cluster).endpoints[0] };
}
