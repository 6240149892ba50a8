import { Container } from '@cdktf/provider-docker/lib/container';
import { Image } from '@cdktf/provider-docker/lib/image';
import { Volume } from '@cdktf/provider-docker/lib/volume';
import { Lazy, type TerraformProvider } from 'cdktf';
import { Construct } from 'constructs';
import { join } from 'node:path';
import { FILES, FILES_DIRECTORY, LABELS, SERVER_UID, WEB_ADDRESS } from '../contract/contract';
import { ALERTMANAGER, MONITORING_FILES, MONITORING_NAME, PROMETHEUS } from '../contract/monitoring';
import { containerName } from '../contract/names';
import { Refusal } from '../contract/refusal';
import { sealed } from './backup/sealed';
import type { EcpImage, EcpServerFile } from './ecp-image';
import type { IEcpNetwork } from './ecp-network';
import {
  prometheusConfig,
  prometheusRules,
  prometheusTargets,
  type PrometheusSpec,
  type WatchedServer,
} from './monitoring/prometheus-config';
import { limits, restartAndLog } from './platform/container-settings';
import { defineDelivery, toLabels } from './platform/docker-delivery';
import { DockerHost } from './platform/docker-host';
import { goDuration } from './platform/go-duration';
import { containerOptions, type EcpContainerOptions } from './private/container-options';
import { DAEMON_OWN } from './private/daemon-own';
import { buildImageFor, KEEP_UNTIL_REPLACED } from './private/image-build';
import { PACKAGE_FOLDER } from './private/package-folder';
import { shortHash, unplannedOf } from './private/unplanned';
import { hostFileUpload } from './private/upload';
import {
  requireFile,
  requireKnownProps,
  requireImageName,
  requireName,
  requirePort,
  requireWholeNumber,
} from './private/validate';

/** What a user may set for monitoring. */
export interface EcpMonitoringOptions extends EcpContainerOptions {
  /**
   * Port of Prometheus on 127.0.0.1 of the data server's host.
   *
   * @default 9090
   */
  readonly prometheusPort?: number;
  /**
   * Port of Alertmanager on 127.0.0.1 of the data server's host.
   *
   * @default 9093
   */
  readonly alertmanagerPort?: number;
  /**
   * Path of Alertmanager's configuration: who hears of alerts. It goes by path and hash into the state, never by content.
   *
   * @default - nobody; alerts are on its page
   * @see https://prometheus.io/docs/alerting/latest/configuration/
   */
  readonly alertmanagerConfigFile?: string;
  /**
   * Seconds between two looks at the servers and at the rules.
   *
   * @default 15
   */
  readonly scrapeIntervalSec?: number;
  /**
   * Days that Prometheus keeps what it has seen.
   *
   * @default 15
   */
  readonly retentionDays?: number;
  /**
   * Seconds that a fault must last before its alert fires, for all alerts.
   *
   * @default - each alert its own, 30 seconds to 10 minutes
   */
  readonly alertForSec?: number;
  /**
   * Seconds that alerts on restarts and refused clients look back, and go on firing.
   *
   * @default 900
   */
  readonly alertWindowSec?: number;
  /**
   * Official images in place of the one that is built from Debian's packages.
   *
   * @default - an image is built
   */
  readonly images?: EcpMonitoringImages;
  /**
   * Debian image that the image is built on.
   *
   * @default "debian:bookworm-slim"
   */
  readonly baseImage?: string;
  /**
   * Registry and path that the image is pushed to, such as `registry.example.org/ecp`. The stack's own Docker host builds it then, and the
   * data server's pulls it, without a way to Debian.
   *
   * @default - the data server's host builds it; official images are pulled from where they are
   */
  readonly registry?: string;
  /**
   * Memory limit of Prometheus in MiB; Alertmanager has a quarter, at least 64. There is no swap beyond it. Changed in place.
   *
   * @default 512
   * @see https://docs.docker.com/engine/containers/resource_constraints/
   */
  readonly memoryMiB?: number;
}

/** Official images, with registry and tag. */
export interface EcpMonitoringImages {
  /** Such as `docker.io/prom/prometheus:v2.53.3`. */
  readonly prometheus: string;
  /** Such as `docker.io/prom/alertmanager:v0.27.0`. */
  readonly alertmanager: string;
}

/** Properties of `EcpMonitoring`. */
export interface EcpMonitoringProps extends EcpMonitoringOptions {
  /** Name of the cluster. */
  readonly clusterName: string;
  /** Network that the servers have joined. */
  readonly network: IEcpNetwork;
  /** Engine of the servers; its image delivers the files. */
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

/** Servers go first when the processor is short. */
const CPU_SHARES = 256;

/** Where both keep what they know, in a volume of their own. */
const DATA_DIRECTORY = '/data';

/** What differs between the two containers. */
interface Part {
  readonly name: string;
  readonly port: number;
  readonly publishedPort: number;
  readonly imageId: string;
  readonly command: readonly string[];
  readonly memoryMiB: number;
  readonly files: readonly EcpServerFile[];
  /** What another container takes the place of this one for. */
  readonly content: unknown;
}

/**
 * Prometheus and Alertmanager beside a cluster, with recording rules and alerts: docs/metrics.md. Both are reached without a password, on
 * 127.0.0.1 of the host and by whoever is in the cluster's network.
 *
 * Resources: the image, and for each of the two `docker_volume` for its data, `docker_volume` and `docker_container` for its files and
 * `docker_container`. Other servers are taken in place; another option replaces the container that it is for.
 */
export class EcpMonitoring extends Construct {
  /** The container of Prometheus, for what the properties do not cover. */
  public readonly prometheus: Container;
  /** The container of Alertmanager, for what the properties do not cover. */
  public readonly alertmanager: Container;

  private readonly props: EcpMonitoringProps;
  private readonly spec: PrometheusSpec;
  private readonly servers: WatchedServer[] = [];

  /** @throws Error when a property breaks a rule, a file is missing, or the servers have no web port. */
  constructor(scope: Construct, id: string, props: EcpMonitoringProps) {
    super(scope, id);
    requireOptions(props);
    const { clusterName, image, hasWebGateways = false, scrapeIntervalSec = 15, memoryMiB = 512 } = props;
    const { prometheusPort = PROMETHEUS.port, alertmanagerPort = ALERTMANAGER.port } = props;
    this.props = props;
    this.spec = { clusterName, engine: image.engine, hasWebGateways, scrapeIntervalSec };
    const images = this.defineImages();
    const config = prometheusConfig(this.spec);
    const rules = prometheusRules({ forSec: props.alertForSec, windowSec: props.alertWindowSec });
    this.prometheus = this.definePart({
      ...PROMETHEUS,
      publishedPort: prometheusPort,
      imageId: images.prometheus,
      command: [
        `--config.file=${FILES_DIRECTORY}/${FILES.config}`,
        `--storage.tsdb.path=${DATA_DIRECTORY}`,
        `--storage.tsdb.retention.time=${props.retentionDays ?? 15}d`,
        `--web.external-url=http://${WEB_ADDRESS}:${prometheusPort}/`,
        '--log.level=warn',
      ],
      memoryMiB,
      files: [
        { path: FILES.config, content: config },
        { path: MONITORING_FILES.rules, content: rules },
        { path: MONITORING_FILES.targets, content: () => prometheusTargets(this.servers, this.spec) },
      ],
      content: [config, rules],
    });
    const { alertmanagerConfigFile: source } = props;
    const receivers: EcpServerFile =
      source === undefined
        ? { path: MONITORING_FILES.alertmanager, content: NOBODY }
        : { path: MONITORING_FILES.alertmanager, source };
    this.alertmanager = this.definePart({
      ...ALERTMANAGER,
      publishedPort: alertmanagerPort,
      imageId: images.alertmanager,
      command: [
        `--config.file=${FILES_DIRECTORY}/${MONITORING_FILES.alertmanager}`,
        `--storage.path=${DATA_DIRECTORY}`,
        `--web.external-url=http://${WEB_ADDRESS}:${alertmanagerPort}/`,
        // One is no cluster of Alertmanagers.
        '--cluster.listen-address=',
        '--log.level=warn',
      ],
      memoryMiB: Math.max(64, Math.floor(memoryMiB / 4)),
      // A delivery has a config.json, which is nobody's here.
      files: [{ path: FILES.config, content: '{}' }, receivers],
      content: source === undefined ? NOBODY : hostFileUpload('', source).sourceHash,
    });
    this.node.defaultChild = this.prometheus;
  }

  /** Watches a server of the network too. Prometheus takes it in place. */
  public addServer({ name, role }: WatchedServer): void {
    requireName('name', name);
    this.servers.push({ name, role });
  }

  private defineImages(): EcpMonitoringImages {
    const { images, baseImage = 'debian:bookworm-slim', registry, provider } = this.props;
    if (images === undefined) {
      const { imageId } = buildImageFor(new Construct(this, 'image'), provider, {
        context: join(PACKAGE_FOLDER, 'images', 'monitoring'),
        repository: 'ecp-monitoring',
        baseImage,
        registry,
      });
      return { prometheus: imageId, alertmanager: imageId };
    }
    const fetched = (name: string, reference: string): string =>
      new Image(this, `${name}-image`, { name: reference, keepLocally: true, lifecycle: KEEP_UNTIL_REPLACED, provider })
        .imageId;
    return {
      prometheus: fetched(PROMETHEUS.name, images.prometheus),
      alertmanager: fetched(ALERTMANAGER.name, images.alertmanager),
    };
  }

  private definePart(part: Part): Container {
    const { clusterName, network, image, provider } = this.props;
    const options = containerOptions(this.props);
    const scope = new Construct(this, part.name);
    const name = containerName(clusterName, part.name);
    const data = new Volume(scope, 'data', {
      name,
      labels: toLabels({ [LABELS.cluster]: clusterName, [LABELS.server]: part.name }),
      lifecycle: { ignoreChanges: ['labels'] },
      provider,
    });
    const { volume, delivery } = defineDelivery(scope, {
      clusterName,
      server: part.name,
      name: part.name,
      to: part.name,
      labels: options.labels,
      // Official images have no bash.
      image: provider ? new DockerHost({ provider: provider as DockerHost['provider'] }).imageOf(image) : image.imageId,
      files: part.files,
      user: SERVER_UID,
      volumes: { [DATA_DIRECTORY]: data.name },
      provider,
    });
    const container: Container = new Container(scope, 'Resource', {
      name,
      hostname: part.name,
      image: part.imageId,
      entrypoint: [part.name],
      command: [...part.command],
      ...sealed(16),
      workingDir: '/tmp',
      volumes: [volume, { volumeName: data.name, containerPath: DATA_DIRECTORY }],
      networksAdvanced: [{ name: network.networkId, aliases: [part.name] }],
      ports: network.internal
        ? undefined
        : [{ internal: part.port, external: part.publishedPort, ip: WEB_ADDRESS, protocol: 'tcp' }],
      ...limits(part, CPU_SHARES),
      ...restartAndLog(options),
      stopTimeout: 20,
      destroyGraceSeconds: 20,
      healthcheck: {
        // Official images have busybox, too.
        test: ['CMD', 'wget', '-q', '-O', '/dev/null', `http://127.0.0.1:${part.port}/-/healthy`],
        interval: goDuration(5),
        timeout: goDuration(5),
        startPeriod: goDuration(60),
        retries: 3,
      },
      wait: true,
      waitTimeout: 120,
      labels: toLabels({
        [LABELS.cluster]: clusterName,
        [LABELS.server]: part.name,
        [LABELS.role]: MONITORING_NAME,
        // Not the label of servers' web ports, by which Prometheus elsewhere finds what to ask.
        // Files are read at the start, but for the targets: others make another container, and so does what no plan looks at any more.
        [LABELS.files]: Lazy.stringValue({
          produce: () => shortHash({ ...unplannedOf(container), content: part.content, port: part.publishedPort }),
        }),
        ...options.labels,
      }),
      lifecycle: { ignoreChanges: ['ports', 'healthcheck', 'tmpfs', ...DAEMON_OWN] },
      dependsOn: [delivery],
      provider,
    });
    return container;
  }
}

/** Alerts are on the page, and nobody else hears of them. */
const NOBODY = JSON.stringify({ route: { receiver: 'nobody' }, receivers: [{ name: 'nobody' }] }, undefined, 2);

function requireOptions(props: EcpMonitoringProps): void {
  const { image, images, prometheusPort = PROMETHEUS.port, alertmanagerPort = ALERTMANAGER.port } = props;
  requireKnownProps(props, 'clusterName', 'prometheusPort', 'alertmanagerPort', 'alertmanagerConfigFile', 'memoryMiB');
  requireKnownProps(props, 'scrapeIntervalSec', 'retentionDays', 'alertForSec', 'alertWindowSec', 'hasWebGateways');
  requireName('clusterName', props.clusterName);
  if (image.hasWebServer === false && !props.hasWebGateways)
    throw new Refusal(
      `'webGateway' must be set beside monitoring for an image without web server (InterSystems IRIS since 2023.2), got nothing; let an EcpWebGateway serve the metrics`,
    );
  requirePort('prometheusPort', prometheusPort);
  requirePort('alertmanagerPort', alertmanagerPort);
  if (prometheusPort === alertmanagerPort)
    throw new Refusal(
      `'alertmanagerPort' must be another than 'prometheusPort', got ${alertmanagerPort} for both; change one of the two`,
    );
  const { alertmanagerConfigFile, scrapeIntervalSec, retentionDays, alertForSec, alertWindowSec, memoryMiB } = props;
  if (alertmanagerConfigFile !== undefined)
    requireFile('alertmanagerConfigFile', alertmanagerConfigFile, "Alertmanager's configuration");
  if (scrapeIntervalSec !== undefined) requireWholeNumber('scrapeIntervalSec', scrapeIntervalSec, 1, 120, 'seconds');
  if (retentionDays !== undefined) requireWholeNumber('retentionDays', retentionDays, 1, 3650, 'days');
  if (alertForSec !== undefined) requireWholeNumber('alertForSec', alertForSec, 0, 86_400, 'seconds');
  if (alertWindowSec !== undefined) requireWholeNumber('alertWindowSec', alertWindowSec, 10, 86_400, 'seconds');
  if (memoryMiB !== undefined) requireWholeNumber('memoryMiB', memoryMiB, 64, 1048576, 'MiB');
  for (const reference of Object.values(images ?? {})) requireImageName('images', reference as string);
}
