import { stateFileOf } from '../../app/state-file';
import { LABELS } from '../../contract/contract';
import type { ContainerFacts } from '../access/docker';
import { containersInState, type ContainerInState } from './terraform';

/**
 * What the Terraform state on this machine says of a cluster; nothing when it knows none of these containers. A cluster of the same name
 * on another Docker host, or of another stack, has a state elsewhere.
 */
export function containersKnown(
  cluster: string,
  containers: readonly ContainerFacts[],
  environment: Readonly<Record<string, string | undefined>> = process.env,
): ContainerInState[] {
  // Somebody may have given the cluster's label to a container of his own.
  const [engine] = containers.flatMap(({ Config: { Labels: labels } }) => labels[LABELS.engine] ?? []);
  const known = engine ? readIfPossible(stateFileOf(environment, cluster, engine)) : [];
  return known.some(({ id }) => containers.some(({ Id }) => Id === id)) ? known : [];
}

/** A state that cannot be read is for `./ecp up` to complain of. */
function readIfPossible(stateFile: string): ContainerInState[] {
  try {
    return containersInState(stateFile);
  } catch {
    return [];
  }
}
