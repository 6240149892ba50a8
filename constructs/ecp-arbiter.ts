import type { Container } from '@cdktf/provider-docker/lib/container';
import type { ITerraformDependable, TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { ARBITER_NAME } from '../contract/contract';
import type { EcpImage } from './ecp-image';
import type { EcpMirrorOptions } from './ecp-mirror';
import type { IEcpNetwork } from './ecp-network';
import type { IEcpPki } from './ecp-pki';
import { DockerHost, requireContainer } from './platform/docker-host';
import type { IEcpPlatform } from './platform/ecp-platform';
import { EMPTY_CONFIG_DOCUMENT } from './private/config-document';
import type { EcpContainerOptions } from './private/container-options';
import { keyAlgorithmOf } from './private/key-algorithm';
import { mirrorEnvironment, mirrorMembersFile, requireMirror } from './private/mirror';
import { defineServer } from './private/server';

/** Properties of `EcpArbiter`. */
export interface EcpArbiterProps extends EcpContainerOptions {
  /** Name of the cluster. */
  readonly clusterName: string;
  /** The mirror that it is the arbiter of. */
  readonly mirror: EcpMirrorOptions;
  /** Engine of the members. */
  readonly image: EcpImage;
  /** Network of the members. */
  readonly network: IEcpNetwork;
  /**
   * Where it runs.
   *
   * @default - a `DockerHost`
   */
  readonly platform?: IEcpPlatform;
  /** Where the certificate comes from: the authority that the members trust. */
  readonly pki: IEcpPki;
  /**
   * Memory limit in MiB. There is no swap beyond it. Changed in place.
   *
   * @default 64
   */
  readonly memoryMiB?: number;
}

/**
 * The arbiter of a mirror: a backup takes over only when neither it nor the arbiter reaches the primary. It keeps no data.
 *
 * Resources: `docker_volume` and `docker_container` for its files, `docker_container` for the arbiter, its certificate.
 */
export class EcpArbiter extends Construct {
  /** Name of the arbiter: its host name. */
  public readonly name = ARBITER_NAME;
  /** The resource that is the arbiter, for what the properties do not cover: a `Container` on a `DockerHost`. */
  public readonly resource: TerraformResource;
  /** What another resource must depend on to come after the arbiter is healthy. */
  public readonly dependsOn: readonly ITerraformDependable[];
  /** Seconds that it may take to be Normal. */
  public readonly startTimeoutSec: number;

  /** @throws Error when a property breaks a rule. */
  constructor(scope: Construct, id: string, props: EcpArbiterProps) {
    super(scope, id);
    const { clusterName, mirror, image, network, pki } = props;
    const platform: IEcpPlatform = props.platform ?? new DockerHost();
    requireMirror(mirror, image, platform);
    const certificate = pki.issueCertificate(this.name, {
      role: 'data-server',
      isMirrored: true,
      dnsNames: [this.name, `${clusterName}-${this.name}`],
    });
    const { resource, dependables, startTimeoutSec } = defineServer(this, {
      clusterName,
      name: this.name,
      role: ARBITER_NAME,
      image,
      network,
      certificate,
      mirror,
      keyAlgorithm: keyAlgorithmOf(certificate),
      config: EMPTY_CONFIG_DOCUMENT,
      maxConnections: 0,
      volumes: {},
      files: [mirrorMembersFile(mirror)],
      environment: mirrorEnvironment(mirror),
      defaultMemoryMiB: 64,
      options: props,
      platform,
    });
    this.resource = resource;
    this.dependsOn = dependables;
    this.startTimeoutSec = startTimeoutSec;
  }

  /**
   * The arbiter's container on a `DockerHost`.
   *
   * @deprecated Use `resource`, which every platform has.
   * @throws Error on another platform.
   */
  public get container(): Container {
    return requireContainer(this.resource);
  }
}
