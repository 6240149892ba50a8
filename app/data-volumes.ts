import { dataVolumeName } from '../contract/names';
import { readState } from './state-text';

/** A data volume that a state knows. */
export interface DataVolumeInState {
  readonly address: string;
  /** False when the next plan replaces or removes it although it is in the stack. */
  readonly isWhole: boolean;
}

/** The data volumes of a cluster in a state: by the name in Docker, and not by the address, which another stack may have made. */
export function dataVolumes(stateFile: string, cluster: string): DataVolumeInState[] {
  return readState(stateFile)
    .resources.filter(({ type }) => type === 'docker_volume')
    .filter(({ instances }) => instances.some(({ attributes }) => attributes?.id === dataVolumeName(cluster)))
    .map(({ name, instances }) => ({
      address: `docker_volume.${name}`,
      isWhole: instances.every(({ status, deposed }) => status !== 'tainted' && deposed === undefined),
    }));
}
