import { Container, type ContainerVolumes } from '@cdktf/provider-docker/lib/container';
import type { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { Lazy, type TerraformResource } from 'cdktf';
import type { Construct } from 'constructs';
import { DURABLE_DIRECTORY, LABELS, SUPERSERVER_PORT, WEB_ADDRESS, WEB_PORT } from '../../contract/contract';
import { containerName } from '../../contract/names';
import { Refusal } from '../../contract/refusal';
import { attributesOf, DAEMON_OWN } from '../private/daemon-own';
import { shortHash, unplannedOf } from '../private/unplanned';
import type { EcpCompanionSpec } from './companion-spec';
import { limits, memoryFolders, restartAndLog } from './container-settings';
import { defineCompanion } from './docker-companion';
import { defineDelivery, mounts, toLabels, type DeliveredFiles } from './docker-delivery';
import type { EcpPlacedImage, EcpServerHandle, IEcpPlatform } from './ecp-platform';
import { goDuration } from './go-duration';
import type { EcpServerSpec } from './server-spec';

/** Weight on the processor when it is short: every server waits for the data server, and a mirror for its arbiter. Docker's own is 1024. */
const CPU_SHARES = { 'data-server': 2048, 'app-server': 1024, arbiter: 2048 } as const;

/** Properties of `DockerHost`. */
export interface DockerHostProps {
  /**
   * The host.
   *
   * @default - what the stack's `DockerProvider` without alias names
   */
  readonly provider?: DockerProvider;
}

/**
 * Runs servers as containers of a Docker host.
 *
 * Resources in the server's scope: the volume `files`, the container `delivery` that fills it once, and the server's container `Resource`.
 */
export class DockerHost implements IEcpPlatform {
  public readonly provider?: DockerProvider;

  constructor(props: DockerHostProps = {}) {
    this.provider = props.provider;
  }

  /** @throws Error when the image is known to one host only, and that is another. */
  public imageOf(image: EcpPlacedImage): string {
    if (!this.provider) return image.imageId;
    if (image.imageIdOn) return image.imageIdOn(this.provider);
    throw new Refusal(
      `'image' must be one that can be had on several hosts, got '${image.engine}', whose id one host knows; implement 'imageIdOn' of EcpImage`,
    );
  }

  public runServer(scope: Construct, server: EcpServerSpec): EcpServerHandle {
    const files = defineDelivery(scope, {
      ...server,
      provider: this.provider,
      server: server.name,
      to: `server '${server.name}'`,
      labels: { [LABELS.engine]: server.engine, ...server.labels },
    });
    const resource = defineContainer(scope, server, files, this.provider);
    return {
      resource,
      dependables: [resource],
      addVolume: (directory, volume) => {
        addMount(resource, directory, volume);
        addMount(files.delivery, directory, volume);
        files.delivery.command = [...(files.delivery.commandInput ?? []), directory];
      },
    };
  }

  public runBeside(scope: Construct, spec: EcpCompanionSpec): Container {
    return defineCompanion(scope, spec, this.provider);
  }
}

function addMount(container: Container, containerPath: string, volumeName: string): void {
  container.putVolumes([...(container.volumesInput as ContainerVolumes[]), { volumeName, containerPath }]);
}

function defineContainer(
  scope: Construct,
  server: EcpServerSpec,
  { volume, delivery }: DeliveredFiles,
  provider: DockerProvider | undefined,
): Container {
  const { network, name } = server;
  const volumes: ContainerVolumes[] = [volume];
  if (server.dataVolumeName) volumes.push({ volumeName: server.dataVolumeName, containerPath: DURABLE_DIRECTORY });
  volumes.push(...mounts(server.volumes));
  const healthcheck = {
    test: ['CMD', ...server.healthCheck.command],
    interval: goDuration(server.healthCheck.intervalSec),
    timeout: goDuration(server.healthCheck.timeoutSec),
    // One value for Docker, which counts no failed probe before it, and for Terraform, which waits so long.
    startPeriod: goDuration(server.startTimeoutSec),
    retries: server.healthCheck.retries,
  };
  const tmpfs = memoryFolders(server.tmpfs, server.user);
  const webPort = network.internal ? undefined : server.webPort;
  const webAddress = server.webBindAddress ?? WEB_ADDRESS;
  const { superserver } = server;
  const ports = [
    ...(webPort === undefined ? [] : [{ internal: WEB_PORT, external: webPort, ip: webAddress, protocol: 'tcp' }]),
    ...(superserver
      ? [{ internal: SUPERSERVER_PORT, external: superserver.port, ip: superserver.bindAddress, protocol: 'tcp' }]
      : []),
  ];

  const container: Container = new Container(scope, 'Resource', {
    name: containerName(server.clusterName, server.name),
    hostname: name,
    image: server.image,
    command: server.command ? [...server.command] : undefined,
    env: Object.entries(server.environment).map(([key, value]) => `${key}=${value}`),
    user: String(server.user),
    capabilities: { add: server.capabilitiesAdd.map(capability => `CAP_${capability}`), drop: ['ALL'] },
    securityOpts: server.noNewPrivileges ? ['no-new-privileges'] : undefined,
    readOnly: server.readOnlyRoot,
    tmpfs: Object.keys(tmpfs).length > 0 ? tmpfs : undefined,
    volumes,
    networksAdvanced: [
      { name: network.networkId, aliases: [name] },
      ...new Set(server.furtherNetworks.map(({ networkId }) => networkId)),
    ].map(each => (typeof each === 'string' ? { name: each } : each)),
    ports: ports.length > 0 ? ports : undefined,
    ...limits(server, CPU_SHARES[server.role]),
    ulimit: server.ulimits?.map(limit => ({ ...limit })),
    ...restartAndLog(server),
    stopSignal: 'SIGTERM',
    stopTimeout: server.stopTimeoutSec,
    // Without it the provider stops a container with no grace at all.
    destroyGraceSeconds: server.stopTimeoutSec,
    healthcheck,
    wait: true,
    waitTimeout: server.startTimeoutSec,
    labels: toLabels({
      [LABELS.cluster]: server.clusterName,
      [LABELS.engine]: server.engine,
      [LABELS.server]: name,
      [LABELS.role]: server.role,
      // Neither is applied to a running container by docker provider 4.6; a label forces the replacement. Read at synth, so that
      // it covers what somebody sets through the resource.
      [LABELS.probe]: Lazy.stringValue({ produce: () => shortHash(probeOf(container)) }),
      ...(webPort === undefined ? {} : { [LABELS.web]: `${webAddress}:${webPort}` }),
      ...(superserver ? { [LABELS.superserver]: `${superserver.bindAddress}:${superserver.port}` } : {}),
      ...server.labels,
    }),
    lifecycle: {
      // Docker shows no ports of a stopped container; without this a plan would replace it instead of starting it
      // (docker provider 4.6, resourceDockerContainerRead). The labels above force the replacement that a new port, health check or
      // tmpfs needs, or an override of what the daemon may fill in.
      ignoreChanges: ['ports', 'healthcheck', 'tmpfs', ...DAEMON_OWN],
    },
    dependsOn: [delivery, ...server.after],
    provider,
  });
  return container;
}

/**
 * Health check and tmpfs as they will be written, overrides included, and what else was overridden. The names and their order are part of
 * existing labels.
 */
function probeOf(container: Container): unknown {
  const attributes = attributesOf(container) as ProbeAttributes & Readonly<Record<string, unknown>>;
  const { test, interval, timeout, start_period: startPeriod, retries, ...rest } = attributes.healthcheck;
  return {
    healthcheck: { test, interval, timeout, startPeriod, retries, ...rest },
    tmpfs: attributes.tmpfs ?? {},
    ...unplannedOf(container),
  };
}

interface ProbeAttributes {
  readonly healthcheck: Readonly<Record<string, unknown>>;
  readonly tmpfs?: Readonly<Record<string, string>>;
}

/** @throws Error when the resource of a server is none of the Docker provider's containers. */
export function requireContainer(resource: TerraformResource): Container {
  if (resource.terraformResourceType === Container.tfResourceType) return resource as Container;
  throw new Refusal(
    `'container' must be asked of a server on a DockerHost, got a ${resource.terraformResourceType}; use 'resource'`,
  );
}
