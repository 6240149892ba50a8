import { idsInState } from '../terraform/terraform';
import { inWords } from '../views/names';
import { deployerOf, readDeployedFrom } from './deployed-from';
import { inOrder, type Present } from './present';

/**
 * Whose the cluster is, in a sentence, when it is there and the state knows nothing of it and did not begin it: another clone of the
 * project, or another person, deployed it, and to this state all of it would be leftovers. What an own deploy that was killed has left
 * behind is told apart by the note that it began with.
 *
 * @returns undefined when it is this state's, or nobody's
 */
export async function whoseElse(
  cluster: string,
  stateFile: string,
  present: readonly Present[],
): Promise<string | undefined> {
  const known = new Set(idsOf(stateFile));
  if (present.length === 0 || present.some(({ id }) => known.has(id))) return undefined;
  const from = await readDeployedFrom(cluster);
  if (from === deployerOf(stateFile)) return undefined;
  const names = inOrder(present.map(({ name }) => name));
  const where = from === undefined ? 'nothing says from where' : `it was deployed from ${from}`;
  return `the cluster '${cluster}' (${inWords(names)}) is not from the state '${stateFile}', and ${where}`;
}

/** Whether a state says that it deployed a cluster, whatever became of that; one that cannot be read says nothing. */
export function deployedOnce(stateFile: string): boolean {
  try {
    return idsOf(stateFile).length > 0;
  } catch {
    return false;
  }
}

/** Containers and services that a state knows. */
function idsOf(stateFile: string): string[] {
  return [...idsInState(stateFile, 'docker_container'), ...idsInState(stateFile, 'docker_service')];
}
