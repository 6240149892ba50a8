import type { ServiceTaskSpecContainerSpecMounts } from '@cdktf/provider-docker/lib/service';

/** Options of a file system in memory. */
export interface MemoryVolumeOptions {
  readonly sizeMiB: number;
  /** In octal digits: `0700`. */
  readonly mode: string;
  /** User and group that it belongs to. @default - root */
  readonly user?: number;
}

/**
 * A volume of the local driver in memory, on each node one of that name. Swarm's own tmpfs knows no owner. Containers of a node share it, and
 * it is empty when the last of them has ended.
 */
export function memoryVolume(
  name: string,
  target: string,
  { sizeMiB, mode, user }: MemoryVolumeOptions,
  readOnly = false,
): ServiceTaskSpecContainerSpecMounts {
  const owner = user === undefined ? '' : `,uid=${user},gid=${user}`;
  return {
    type: 'volume',
    source: name,
    target,
    readOnly,
    volumeOptions: {
      noCopy: true,
      driverName: 'local',
      driverOptions: { type: 'tmpfs', device: 'tmpfs', o: `noexec,nosuid,nodev,size=${sizeMiB}m${owner},mode=${mode}` },
    },
  };
}
