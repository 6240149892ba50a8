import { BACKUP_DIRECTORY, VERIFIER_NAME, backupVolumeName } from '../../contract/backup';
import { DURABLE_DIRECTORY } from '../../contract/contract';
import type { EcpImage } from '../ecp-image';
import type { IEcpNetwork } from '../ecp-network';
import type { EcpCompanionSpec } from '../platform/companion-spec';
import type { IEcpPlatform } from '../platform/ecp-platform';
import { containerOptions, type EcpContainerOptions } from '../private/container-options';

/** What it is made of. */
interface Verifier extends EcpContainerOptions {
  readonly clusterName: string;
  readonly image: EcpImage;
  readonly network: IEcpNetwork;
}

/** A container with the engine that restores what the backup container fetched, into a volume of its own that is emptied after. */
export function verifierOf(verifier: Verifier, platform: IEcpPlatform): EcpCompanionSpec {
  const { clusterName, image, network } = verifier;
  return {
    ...containerOptions(verifier),
    clusterName,
    name: VERIFIER_NAME,
    hostname: VERIFIER_NAME,
    image: platform.imageOf?.(image) ?? image.imageId,
    entrypoint: ['/usr/bin/tini', '--', 'restore-database'],
    command: ['serve'],
    files: [],
    network,
    needsNetwork: false,
    mounts: [{ directory: BACKUP_DIRECTORY, volume: backupVolumeName(clusterName) }, { directory: DURABLE_DIRECTORY }],
    memoryFolderMiB: 16,
    memoryMiB: 256,
    cpuShares: 128,
    startTimeoutSec: 30,
    stopTimeoutSec: 10,
    healthCheck: { command: ['test', '-e', '/run/ecp/beat'], intervalSec: 30, timeoutSec: 10, retries: 3 },
    after: [],
  };
}
