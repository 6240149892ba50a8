import type { Image } from '@cdktf/provider-docker/lib/image';
import type { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import type { TerraformProvider } from 'cdktf';
import { Construct } from 'constructs';
import { join } from 'node:path';
import type { EcpImage, EcpTmpfs } from './ecp-image';
import { REHEARSAL_ENGINE } from './private/engines';
import { buildImage } from './private/image-build';
import { PACKAGE_FOLDER } from './private/package-folder';
import { rehearsalBaseOf } from './private/set-ups';

/** Properties of `RehearsalImage`. */
export interface RehearsalImageProps {
  /**
   * Debian image that the build starts from. It is used as it is when the Docker host has it, and pulled otherwise.
   *
   * @default "debian:bookworm-slim", or what the set-up of `useSetUp` made
   */
  readonly baseImage?: string;
  /**
   * Registry and path that the image is pushed to after its build, such as `registry.example.org/ecp`. Other hosts pull it from there by
   * its digest. The Docker provider needs a `registry_auth` for the registry.
   *
   * @default - every host builds the image
   * @see https://github.com/kreuzwerker/terraform-provider-docker/blob/master/docs/resources/registry_image.md
   */
  readonly registry?: string;
  /**
   * Provider of the Docker host that builds the image.
   *
   * @default - what the stack's `DockerProvider` without alias names
   */
  readonly provider?: DockerProvider;
}

/**
 * The licence-free rehearsal engine, built from source on the Docker host. It is not InterSystems IRIS: docs/rehearsal.md.
 *
 * Resources: `docker_image` for the base, `docker_image` for the engine. Both stay on the host when the cluster goes. A change
 * in the build context gives a new image, which replaces the servers.
 */
export class RehearsalImage extends Construct implements EcpImage {
  public readonly imageId: string;
  public readonly imageIdOn: (host: TerraformProvider) => string;
  public readonly imageReference?: string;
  public readonly engine = REHEARSAL_ENGINE.engine;
  public readonly features = REHEARSAL_ENGINE.features;
  public readonly failurePatienceSec = REHEARSAL_ENGINE.failurePatienceSec;
  public readonly checkConfig = REHEARSAL_ENGINE.checkConfig;
  public readonly webHealth = REHEARSAL_ENGINE.webHealth;
  public readonly keyAlgorithm = 'ECDSA';
  public readonly capabilitiesAdd: readonly string[] = [];
  public readonly noNewPrivileges = true;
  public readonly readOnlyRoot = true;
  public readonly tmpfs: readonly EcpTmpfs[] = [
    { path: '/run/ecp', sizeMiB: 16, mode: '0700' },
    { path: '/tmp', sizeMiB: 16, mode: '0700' },
  ];
  /** The Docker image, for what the properties do not cover. */
  public readonly image: Image;

  constructor(scope: Construct, id: string, props: RehearsalImageProps = {}) {
    super(scope, id);
    const built = buildImage(this, {
      context: join(PACKAGE_FOLDER, 'images', 'rehearsal'),
      repository: 'ecp-rehearsal',
      baseImage: props.baseImage ?? rehearsalBaseOf(this),
      registry: props.registry,
      provider: props.provider,
      platform: 'linux/amd64',
    });
    this.image = built.image;
    this.imageId = built.image.imageId;
    this.imageIdOn = built.imageIdOn;
    this.imageReference = built.imageReference;
  }
}
