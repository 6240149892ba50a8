import type { TerraformStack } from 'cdktf';
import { dataVolumes } from './data-volumes';

/**
 * Lets a plan of a stack without the data volume forget the volume that a state still has, where it would remove the data otherwise:
 * Terraform's `removed` block, which it knows since 1.7.
 */
export function keepDataVolumeOf(stack: TerraformStack, stateFile: string, cluster: string): void {
  const addresses = addressesIn(stateFile, cluster);
  if (addresses.length === 0) return;
  stack.addOverride(
    'removed',
    addresses.map(from => ({ from, lifecycle: { destroy: false } })),
  );
}

/** A state that cannot be read is for Terraform to complain of. */
function addressesIn(stateFile: string, cluster: string): string[] {
  try {
    return dataVolumes(stateFile, cluster).map(({ address }) => address);
  } catch {
    return [];
  }
}
