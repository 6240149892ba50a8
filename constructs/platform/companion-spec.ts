import type { ITerraformDependable } from 'cdktf';
import type { EcpFile } from '../ecp-image';
import type { IEcpNetwork } from '../ecp-network';
import type { EcpContainerOptions } from '../private/container-options';
import type { EcpHealthCheck } from './server-spec';

/** A container that runs where the data server's volumes are, in values: as its user, without any right, on a root that is read-only. */
export interface EcpCompanionSpec extends Required<EcpContainerOptions> {
  /** Name of the cluster. */
  readonly clusterName: string;
  /** Its part of the names in Docker, and its role by its label. */
  readonly name: string;
  /** Host name. */
  readonly hostname: string;
  /** Id or reference of the image. */
  readonly image: string;
  /**
   * Program and arguments that stand for the image's own.
   *
   * @default - the image's
   */
  readonly entrypoint?: readonly string[];
  /**
   * Arguments of the program.
   *
   * @default - the image's
   */
  readonly command?: readonly string[];
  /** Files below `/ecp/files`; with none nothing is delivered. */
  readonly files: readonly EcpFile[];
  /** Network of the data server. */
  readonly network: IEcpNetwork;
  /** Whether it has to reach others. Where not, and the platform has containers without a network, it has none. */
  readonly needsNetwork: boolean;
  /** What it mounts. */
  readonly mounts: readonly EcpCompanionMount[];
  /** Limit of its directories in memory, in MiB each. */
  readonly memoryFolderMiB: number;
  /** Memory limit; there is no swap beyond it. */
  readonly memoryMiB: number;
  /** Weight on the processor when that is short, where the platform has one. Docker's own is 1024. */
  readonly cpuShares: number;
  /** Seconds that its health check leaves it to start. */
  readonly startTimeoutSec: number;
  /** Seconds that it has between SIGTERM and SIGKILL. */
  readonly stopTimeoutSec: number;
  /** How it is asked whether it works. */
  readonly healthCheck: EcpHealthCheck;
  /** What must be healthy first. */
  readonly after: readonly ITerraformDependable[];
}

/** A volume or a folder of the host; with neither a volume of the container's own, which goes with it. */
export interface EcpCompanionMount {
  /** Where it is mounted. The container's user owns the top of a volume that it can write. */
  readonly directory: string;
  /**
   * Name of the volume.
   *
   * @default - a folder, or a volume of the container's own
   */
  readonly volume?: string;
  /**
   * Path of the folder.
   *
   * @default - a volume
   */
  readonly folder?: string;
  /**
   * Whether it can only be read.
   *
   * @default false
   */
  readonly readOnly?: boolean;
}
