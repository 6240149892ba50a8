import type { ServiceTaskSpecContainerSpecMounts } from '@cdktf/provider-docker/lib/service';
import type { EcpTmpfs } from '../../ecp-image';
import { memoryVolume } from './memory-volume';

/** A mount of a volume that Docker makes where it is missing. Without options docker provider 4.6 also takes it out again (measured). */
export function plainVolume(source: string, target: string): ServiceTaskSpecContainerSpecMounts {
  return { type: 'volume', source, target };
}

/** Directories in memory of the containers of a service, each with its user. */
export function memoryFolders(
  serviceName: string,
  folders: readonly EcpTmpfs[],
  user: number,
): ServiceTaskSpecContainerSpecMounts[] {
  return folders.map(({ path, sizeMiB, mode }) =>
    memoryVolume(`${serviceName}${path.replaceAll('/', '-')}`, path, { sizeMiB, mode, user }),
  );
}
