import { Container } from '@cdktf/provider-docker/lib/container';
import type { Image } from '@cdktf/provider-docker/lib/image';
import { dependable, Lazy, type TerraformProvider } from 'cdktf';
import { Construct } from 'constructs';
import { join } from 'node:path';
import { FILES, LABELS, SERVER_UID, SUPERSERVER_PORT, WEB_ADDRESS, WEB_PORT } from '../contract/contract';
import {
  CHECK_AND_DELIVER,
  ENTRY_COMMAND,
  ENTRY_POINT_NAME,
  ENTRY_POINT_WEB_PORT,
  HAPROXY_FILE,
} from '../contract/entry-point';
import { containerName, WEB_SUFFIX } from '../contract/names';
import { Refusal } from '../contract/refusal';
import { sealed } from './backup/sealed';
import type { EcpAppServer } from './ecp-app-server';
import type { EcpImage, EcpWebHealth } from './ecp-image';
import type { IEcpNetwork } from './ecp-network';
import { haproxyConfig, type HaproxyServer } from './entry-point/haproxy-config';
import { limits, restartAndLog } from './platform/container-settings';
import { defineDelivery, toLabels } from './platform/docker-delivery';
import { goDuration } from './platform/go-duration';
import { containerOptions, type EcpContainerOptions } from './private/container-options';
import { DAEMON_OWN } from './private/daemon-own';
import { guardAtApply, wholeNumberRule } from './private/apply-rules';
import { buildImageFor } from './private/image-build';
import { PACKAGE_FOLDER } from './private/package-folder';
import { isAddress } from './private/superserver-port';
import { shortHash, unplannedOf } from './private/unplanned';
import { requireKnownProps, requireName, requirePort, requireWholeNumber } from './private/validate';
import { rehearsalBaseOf } from './private/set-ups';

/** What a user may set for an entry point. */
export interface EcpEntryPointOptions extends EcpContainerOptions {
  /** Port on the host for the web pages of the application servers. */
  readonly port: number;
  /**
   * Port on the host for clients of the application servers' superserver. What they say, TLS included, passes as it is. For an engine
   * whose application servers take clients there, as InterSystems IRIS.
   *
   * @default - such clients cannot come this way
   */
  readonly superserverPort?: number;
  /**
   * IPv4 address of the host that the ports are bound to; `0.0.0.0` is all of the host.
   *
   * @default "127.0.0.1"
   */
  readonly bindAddress?: string;
  /**
   * Port of the application servers that requests for web pages go to, for an image with a web service of its own.
   *
   * @default - the web port, of the web gateways where there are any, with which it must be left out
   */
  readonly targetPort?: number;
  /**
   * Lets a client stay with its application server by a cookie: the parameters of HAProxy's `cookie`, such as
   * `ECP insert indirect nocache httponly`.
   *
   * @default - each request may go to another server
   * @see https://docs.haproxy.org/2.6/configuration.html#4.2-cookie
   */
  readonly cookie?: string;
  /**
   * Further lines of HAProxy's configuration, in its own words.
   *
   * @default - none
   * @see https://docs.haproxy.org/2.6/configuration.html
   */
  readonly haproxy?: EcpHaproxyLines;
  /**
   * Seconds that requests and sessions have to end when their server is drained.
   *
   * @default 10
   */
  readonly drainTimeoutSec?: number;
  /**
   * Debian image that the image of the entry point is built on.
   *
   * @default "debian:bookworm-slim", or what the set-up of `useSetUp` made
   */
  readonly baseImage?: string;
  /**
   * Registry and path that the image is pushed to, such as `registry.example.org/ecp`. The stack's own Docker host builds it then, and the
   * data server's pulls it, without a way to Debian.
   *
   * @default - the data server's host builds it
   */
  readonly registry?: string;
  /**
   * Memory limit in MiB. There is no swap beyond it. Changed in place.
   *
   * @default 128
   * @see https://docs.docker.com/engine/containers/resource_constraints/
   */
  readonly memoryMiB?: number;
}

/** Lines of HAProxy's configuration by section. A line here wins over one of this package with the same keyword. */
export interface EcpHaproxyLines {
  /**
   * In `global`.
   *
   * @default - none
   */
  readonly global?: readonly string[];
  /**
   * In `defaults`.
   *
   * @default - none
   */
  readonly defaults?: readonly string[];
  /**
   * In `listen web`, which spreads requests over the servers.
   *
   * @default - none
   */
  readonly web?: readonly string[];
  /**
   * In `listen superserver`, which spreads connections.
   *
   * @default - none
   */
  readonly superserver?: readonly string[];
}

/** Properties of `EcpEntryPoint`. */
export interface EcpEntryPointProps extends EcpEntryPointOptions {
  /** Name of the cluster. */
  readonly clusterName: string;
  /** Network that the application servers have joined. */
  readonly network: IEcpNetwork;
  /** Engine of the application servers. */
  readonly image: EcpImage;
  /**
   * Whether web gateways of the same network stand for the servers' web ports.
   *
   * @default false
   */
  readonly hasWebGateways?: boolean;
  /**
   * Provider of the host that it runs on.
   *
   * @default - the stack's own
   */
  readonly provider?: TerraformProvider;
}

const MEMORY_MIB = [32, 1048576, 'MiB'] as const;

/** Beside the servers that it spreads over. */
const CPU_SHARES = 1024;

/**
 * One address before the application servers: a container with HAProxy that spreads web requests, and where asked connections to the
 * superserver, over those that say that they are Normal. docs/entry-point.md says what it does when servers come, go and fail.
 *
 * Resources: the image, `docker_volume` and `docker_container` for its files, `docker_container` for HAProxy. Other servers and other
 * lines of HAProxy's are taken in place; another port, address or image replaces the container.
 */
export class EcpEntryPoint extends Construct {
  /** The container, for what the properties do not cover. */
  public readonly container: Container;
  /** The Docker image, for what the properties do not cover. */
  public readonly image: Image;

  private readonly props: EcpEntryPointProps;
  private readonly webHealth: EcpWebHealth;
  private readonly delivery: Container;
  private readonly servers: HaproxyServer[] = [];

  /** @throws Error when a property breaks a rule, or the engine does not say over HTTP whether a server is Normal. */
  constructor(scope: Construct, id: string, props: EcpEntryPointProps) {
    super(scope, id);
    requireName('clusterName', props.clusterName);
    this.props = props;
    requireOptions(props);
    this.webHealth = requireWebHealth(props);
    const { clusterName, provider, port, superserverPort, bindAddress = WEB_ADDRESS } = props;
    const { image, imageId } = buildImageFor(new Construct(this, 'image'), provider, {
      context: join(PACKAGE_FOLDER, 'images', 'entry-point'),
      repository: 'ecp-entry-point',
      baseImage: props.baseImage ?? rehearsalBaseOf(this),
      registry: props.registry,
    });
    this.image = image;

    const options = containerOptions(props);
    const { volume, delivery } = defineDelivery(this, {
      clusterName,
      server: ENTRY_POINT_NAME,
      name: ENTRY_POINT_NAME,
      to: 'the entry point',
      labels: options.labels,
      image: imageId,
      files: [
        { path: FILES.config, content: () => this.document },
        { path: HAPROXY_FILE, content: () => this.haproxy },
      ],
      user: SERVER_UID,
      volumes: {},
      before: { script: CHECK_AND_DELIVER, uploads: [] },
      provider,
    });
    this.delivery = delivery;
    const ports = [
      { internal: ENTRY_POINT_WEB_PORT, external: port },
      ...(superserverPort === undefined ? [] : [{ internal: SUPERSERVER_PORT, external: superserverPort }]),
    ].map(each => ({ ...each, ip: bindAddress, protocol: 'tcp' }));
    const isPublished = !props.network.internal;
    const container: Container = new Container(this, 'Resource', {
      name: containerName(clusterName, ENTRY_POINT_NAME),
      hostname: ENTRY_POINT_NAME,
      image: imageId,
      ...sealed(16),
      volumes: [volume],
      networksAdvanced: [{ name: props.network.networkId, aliases: [ENTRY_POINT_NAME] }],
      ports: isPublished ? ports : undefined,
      ...limits({ memoryMiB: props.memoryMiB ?? 128 }, CPU_SHARES),
      ...restartAndLog(options),
      stopSignal: 'SIGTERM',
      stopTimeout: 15,
      destroyGraceSeconds: 15,
      healthcheck: {
        test: ['CMD', ENTRY_COMMAND, 'healthcheck'],
        interval: goDuration(5),
        timeout: goDuration(5),
        startPeriod: goDuration(30),
        retries: 3,
      },
      wait: true,
      waitTimeout: 60,
      labels: toLabels({
        [LABELS.cluster]: clusterName,
        [LABELS.server]: ENTRY_POINT_NAME,
        [LABELS.role]: ENTRY_POINT_NAME,
        ...(isPublished ? { [LABELS.web]: `${bindAddress}:${port}` } : {}),
        ...(isPublished && superserverPort !== undefined
          ? { [LABELS.superserver]: `${bindAddress}:${superserverPort}` }
          : {}),
        // Another container takes the place of this one for what no plan looks at any more.
        [LABELS.files]: Lazy.stringValue({ produce: () => shortHash(unplannedOf(container)) }),
        ...options.labels,
      }),
      // Docker shows no ports of a stopped container; the labels above force the replacement that a new one needs.
      lifecycle: { ignoreChanges: ['ports', 'healthcheck', 'tmpfs', ...DAEMON_OWN] },
      dependsOn: [delivery],
      provider,
    });
    guardAtApply(container, wholeNumberRule('memoryMiB', props.memoryMiB ?? 128, ...MEMORY_MIB));
    this.container = container;
    this.node.defaultChild = container;
  }

  /** Spreads over an application server of the network too. It is known to the entry point once it is Normal. */
  public addServer({ name, dependsOn }: Pick<EcpAppServer, 'name' | 'dependsOn'>): void {
    requireName('name', name);
    const { clusterName, hasWebGateways = false, targetPort } = this.props;
    // Containers' names, not servers': another cluster in the same network has servers of the same names.
    const host = containerName(clusterName, name);
    const [webHost, healthPort] = hasWebGateways ? [`${host}${WEB_SUFFIX}`, 80] : [host, WEB_PORT];
    this.servers.push({ name, host, webHost, webPort: targetPort ?? healthPort, healthPort });
    this.delivery.dependsOn = [...(this.delivery.dependsOn ?? []), ...dependsOn.map(dependable)];
  }

  private get haproxy(): string {
    const { cookie, superserverPort, haproxy: lines = {} } = this.props;
    const hasSuperserver = superserverPort !== undefined;
    return haproxyConfig(this.servers, { webHealth: this.webHealth, cookie, hasSuperserver, lines });
  }

  private get document(): string {
    const { clusterName: cluster, drainTimeoutSec = 10 } = this.props;
    return JSON.stringify({ cluster, drainTimeoutSec, servers: this.servers.map(({ name }) => name) }, undefined, 2);
  }
}

function requireWebHealth({ image, hasWebGateways }: EcpEntryPointProps): EcpWebHealth {
  if (!image.webHealth)
    throw new Refusal(
      `'image' must say how its servers show over HTTP that they are Normal, got '${image.engine}', which does not; implement 'webHealth' of EcpImage`,
    );
  if (image.hasWebServer === false && !hasWebGateways)
    throw new Refusal(
      `'webGateway' must be set beside an entry point for an image without web server (InterSystems IRIS since 2023.2), got nothing; let an EcpWebGateway show who is Normal`,
    );
  return image.webHealth;
}

function requireOptions(props: EcpEntryPointProps): void {
  const { image, port, superserverPort, bindAddress, targetPort, cookie, haproxy = {} } = props;
  requireKnownProps(props, 'port', 'superserverPort', 'bindAddress', 'targetPort', 'cookie', 'haproxy');
  requireKnownProps(props, 'drainTimeoutSec', 'hasWebGateways');
  requirePort('port', port);
  if (targetPort !== undefined) requirePort('targetPort', targetPort);
  if (targetPort !== undefined && props.hasWebGateways)
    throw new Refusal(
      `'targetPort' must be left out with web gateways, which have the pages of the servers, got ${targetPort}; take it out`,
    );
  if (superserverPort !== undefined) {
    requirePort('superserverPort', superserverPort);
    if (superserverPort === port)
      throw new Refusal(`'superserverPort' must be another than 'port', got ${port} for both; change one of the two`);
    if (!image.features?.superserverClients)
      throw new Refusal(
        `'superserverPort' must be left out for the engine '${image.engine}', whose application servers take no clients there, got ${superserverPort}; take it out`,
      );
  }
  if (bindAddress !== undefined && !isAddress(bindAddress))
    throw new Refusal(`'bindAddress' must be an IPv4 address of the host, got '${bindAddress}'; correct it`);
  if (props.drainTimeoutSec !== undefined)
    requireWholeNumber('drainTimeoutSec', props.drainTimeoutSec, 0, 3600, 'seconds');
  if (props.memoryMiB !== undefined) requireWholeNumber('memoryMiB', props.memoryMiB, ...MEMORY_MIB);
  for (const [name, lines] of Object.entries({ cookie: cookie === undefined ? [] : [cookie], ...haproxy }))
    requireLines(name, lines as readonly string[]);
}

/** What is in them HAProxy says before they are delivered. */
function requireLines(name: string, lines: readonly string[]): void {
  const prop = name === 'cookie' ? 'cookie' : 'haproxy';
  const broken = lines.find(line => line.trim() === '' || /[\r\n]/.test(line));
  if (broken === undefined) return;
  throw new Refusal(
    `'${prop}' must have one line of HAProxy's configuration in each text, got ${JSON.stringify(broken)}; split it or take it out`,
  );
}
