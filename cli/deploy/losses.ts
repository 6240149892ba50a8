import { dataVolumes } from '../../app/data-volumes';
import type { Synthesized } from '../../app/synthesize';
import { FILES_SUFFIX } from '../../contract/names';
import { readStack, type StackResource } from '../terraform/stack-file';
import { resourcesInState } from '../terraform/terraform';
import { inOrder, nameByLabels, type Present } from './present';

/**
 * What a deploy of this stack would destroy for good of what serves clients or holds data: containers, services and volumes of the
 * cluster that the stack does not have any more. What it replaces is not among them.
 *
 * @returns names by labels, and names of volumes
 */
export function lossesOf(
  { settings: { cluster }, stackDirectory, stateFile }: Synthesized,
  present: readonly Present[],
): string[] {
  const { resource } = readStack(stackDirectory);
  const inStack = (type: string): StackResource[] => Object.values(resource[type] ?? {});
  const kept = [...inStack('docker_container'), ...inStack('docker_service')].map(({ labels = [] }) =>
    nameByLabels(Object.fromEntries(labels.map(({ label, value }) => [label, value]))),
  );
  const keptVolumes = inStack('docker_volume').map(({ name }) => name);
  const serving = present.map(({ name }) => name).filter(name => !kept.includes(name));
  const volumes = otherVolumes(cluster, stateFile).filter(volume => !keptVolumes.includes(volume));
  return inOrder([...serving, ...volumes]);
}

/** Volumes in the state. The data volume is not among them, since no deploy removes it (cli/terraform/forget-data.ts); files are made again. */
function otherVolumes(cluster: string, stateFile: string): string[] {
  const safe = dataVolumes(stateFile, cluster).map(({ address }) => address);
  return resourcesInState(stateFile, 'docker_volume')
    .filter(({ name }) => !safe.includes(`docker_volume.${name}`))
    .flatMap(({ instances }) => instances.flatMap(({ attributes }) => attributes?.id ?? []))
    .filter(volume => !volume.endsWith(FILES_SUFFIX));
}
