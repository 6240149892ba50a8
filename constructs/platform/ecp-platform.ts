import type { ITerraformDependable, TerraformProvider, TerraformResource } from 'cdktf';
import type { Construct } from 'constructs';
import type { EcpImage } from '../ecp-image';
import type { EcpCompanionSpec } from './companion-spec';
import type { EcpServerSpec } from './server-spec';

/** Where servers run. */
export interface IEcpPlatform {
  /**
   * Provider of the Docker host, for what a server has beside itself.
   *
   * @default - the stack's own
   */
  readonly provider?: TerraformProvider;
  /**
   * True when servers may move from host to host: nothing has the address of one host, and volumes are no resources of a stack.
   *
   * @default false
   */
  readonly schedules?: boolean;
  /** Defines what one server is made of, in the server's own scope. */
  runServer(scope: Construct, spec: EcpServerSpec): EcpServerHandle;
  /**
   * What a server's image is called where it runs.
   *
   * @default - the image's id
   */
  imageOf?(image: EcpPlacedImage): string;
  /**
   * Defines a container where the data server's volumes are, in a scope of its own.
   *
   * @default - there is none, and no backup
   */
  runBeside?(scope: Construct, spec: EcpCompanionSpec): TerraformResource;
}

/** What a platform has to know of an image. */
export type EcpPlacedImage = Pick<EcpImage, 'engine' | 'imageId' | 'imageIdOn' | 'imageReference'>;

/** A server that a platform runs. */
export interface EcpServerHandle {
  /** The resource that is the server, for what the properties do not cover. */
  readonly resource: TerraformResource;
  /** What another resource must depend on to come after a healthy server. */
  readonly dependables: readonly ITerraformDependable[];
  /**
   * Mounts a volume beside those of the server's specification; the server's user owns its top.
   *
   * @default - nothing can be mounted any more
   */
  readonly addVolume?: (directory: string, volume: string) => void;
}
