import { createHash } from 'node:crypto';
import { Container, type ContainerVolumes } from '@cdktf/provider-docker/lib/container';
import { Volume } from '@cdktf/provider-docker/lib/volume';
import { Annotations, Fn, Lazy, Op, Token, conditional } from 'cdktf';
import { Construct } from 'constructs';
import type { EcpImage, EcpImageServer } from '../ecp-image';
import type { IEcpNetwork } from '../ecp-network';
import type { EcpCertificate } from '../ecp-pki';
import { certificateFiles } from './certificate-files';
import type { ConfigDocument } from './config-document';
import { DURABLE_DIRECTORY, FILES, FILES_DIRECTORY, LABELS, SERVER_UID, WEB_ADDRESS, WEB_PORT } from './contract';
import { attributesOf, DAEMON_OWN, ENDED_LIMITS, LOGGING, overriddenOf } from './daemon-own';
import { keyAlgorithmOf } from './key-algorithm';
import { requireProcessors } from './processors';
import { requireVolumes } from './server-volumes';
import { DELIVERY_SCRIPT_PATH, DELIVERY_SOURCE, deliveryUploads } from './delivered-files';
import { requireName, requirePort, requireWholeNumber } from './validate';

/** What a user may set for a server of either role. */
export interface EcpServerOptions {
  /**
   * Path of the Config-API document that configures the server; `${VARIABLE}` in its strings is replaced at synth.
   *
   * @default - `config-files/data-server.json` or `config-files/app-server.json` of this package
   */
  readonly configFile?: string;
  /**
   * Variables for `configFile`, beside those that the server sets itself (docs/article.md lists them). Yours win.
   *
   * @default - none
   */
  readonly configVariables?: Readonly<Record<string, string>>;
  /**
   * Lets a `configFile` pass that gives up mutual TLS.
   *
   * @default false
   */
  readonly allowInsecure?: boolean;
  /**
   * Memory limit in MiB. There is no swap beyond it. Changed in place.
   *
   * @default 256 for a data server, 128 for an application server, with InterSystems IRIS 2048 for both
   */
  readonly memoryMb?: number;
  /**
   * Processors that the server may use at most; fractions are possible. A licence key of InterSystems IRIS is not accepted by a server that
   * sees more cores than it covers.
   *
   * @default - all of the host
   */
  readonly cpus?: number;
  /**
   * Processors that the server runs on, in Linux's notation: `0-3` or `0,2`. What InterSystems IRIS counts as its cores.
   *
   * @default - all of the host
   */
  readonly cpuSet?: string;
  /**
   * Docker volumes for the server's use, each by the directory at which it is mounted. They are not Terraform resources: Docker makes what
   * is missing, and no command here deletes them. Their top directory is given to the server's user.
   *
   * @default - none
   */
  readonly volumes?: Readonly<Record<string, string>>;
  /**
   * Port on the host, at 127.0.0.1, for the server's web port.
   *
   * @default - not published
   */
  readonly webPort?: number;
  /**
   * Seconds that a deploy waits for the server to be Normal, and that its health check leaves it to start. A change replaces it.
   *
   * @default 120, with InterSystems IRIS 300
   */
  readonly startTimeoutSec?: number;
  /**
   * Seconds that a stopping server has before it is killed.
   *
   * @default 60, with InterSystems IRIS 120
   */
  readonly stopTimeoutSec?: number;
}

/** What defines a server of either role. */
export interface ServerDefinition {
  readonly clusterName: string;
  readonly name: string;
  readonly role: 'data-server' | 'app-server';
  readonly image: EcpImage;
  readonly network: IEcpNetwork;
  readonly certificate: EcpCertificate;
  readonly config: ConfigDocument;
  /** Content of the file `authorized-clients`, read when the stack is synthesized. */
  readonly authorizedClients?: () => string;
  /** Data server: application servers connected at one time. Application server: data servers that it may connect to. */
  readonly maxConnections: number;
  /** Volume for `/durable`. */
  readonly dataVolumeName?: string;
  readonly journalDirectory?: string;
  readonly alternateJournalDirectory?: string;
  /** Volumes beside that one, by the directory at which each is mounted. */
  readonly volumes: Readonly<Record<string, string>>;
  readonly defaultMemoryMb: number;
  readonly options: EcpServerOptions;
  /** Networks beside `network`, in which others of the same name are. */
  readonly furtherNetworks?: readonly IEcpNetwork[];
  /** Containers that must be healthy first. */
  readonly after?: readonly Container[];
}

/**
 * Docker asks `ecp-node healthcheck` again half a second after each answer, but the command itself waits: for Normal at the start,
 * for a change later, at most 110 s. So a deploy ends soon after Normal, and a running server costs one process in two minutes.
 */
const PROBE = { intervalSec: 0.5, timeoutSec: 125, retries: 2 } as const;

/** What an engine does not say otherwise. */
const DEFAULTS = { startTimeoutSec: 120, stopTimeoutSec: 60 } as const;

/** Weight on the processor when it is short: every server waits for the data server. Docker's own is 1024. */
const CPU_SHARES = { 'data-server': 2048, 'app-server': 1024, delivery: 512 } as const;

/**
 * Defines what both kinds of server are made of, in the construct's own scope: the volume `files`, the container `delivery` that
 * fills it once, and the server's container `Resource`.
 */
export function defineServer(scope: Construct, server: ServerDefinition): Container {
  validateServer(server);
  for (const note of server.config.notes) Annotations.of(scope).addInfo(note);
  const containerName = `${server.clusterName}-${server.name}`;
  const labels = {
    [LABELS.cluster]: server.clusterName,
    [LABELS.engine]: server.image.engine,
    [LABELS.server]: server.name,
  };
  const files = new Volume(scope, 'files', {
    name: `${containerName}-files`,
    labels: toLabels({ [LABELS.cluster]: server.clusterName, [LABELS.server]: server.name }),
    // A volume that was there before has others; replacing it would remove what somebody keeps in it.
    lifecycle: { ignoreChanges: ['labels'] },
  });
  const delivery = defineDelivery(scope, server, containerName, files, labels);
  return defineContainer(scope, server, containerName, files, delivery, labels);
}

/**
 * Go's notation for a duration in whole milliseconds below a second, in whole seconds from there, the only one that the provider
 * reads back unchanged: `75s` would become `1m15s` in each plan.
 */
export function goDuration(seconds: number): string {
  if (Token.isUnresolved(seconds)) return goDurationAtApply(seconds);
  if (seconds > 0 && seconds < 1) return `${Math.round(seconds * 1000)}ms`;
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = seconds % 60;
  if (hours > 0) return `${hours}h${minutes}m${rest}s`;
  return minutes > 0 ? `${minutes}m${rest}s` : `${rest}s`;
}

/** The same for a number that is known only at apply, as Terraform's expression. */
function goDurationAtApply(seconds: number): string {
  const [hours, minutes, rest] = [Op.div(seconds, 3600), Op.div(Op.mod(seconds, 3600), 60), Op.mod(seconds, 60)].map(part => Fn.floor(part)); // prettier-ignore
  return Token.asString(
    conditional(
      Op.gte(seconds, 3600),
      Fn.format('%dh%dm%ds', [hours, minutes, rest]),
      conditional(Op.gte(seconds, 60), Fn.format('%dm%ds', [minutes, rest]), Fn.format('%ds', [rest])),
    ),
  );
}

function validateServer({ clusterName, name, image, options, defaultMemoryMb }: ServerDefinition): void {
  requireName('clusterName', clusterName);
  requireName('name', name);
  if (options.webPort !== undefined) requirePort('webPort', options.webPort);
  if (options.webPort !== undefined && image.hasWebServer === false) {
    throw new Error(
      `'webPort' must be left out for an image without web server (InterSystems IRIS since 2023.2), got ${options.webPort}; let an EcpWebGateway publish it ('webGateway' of EcpCluster)`,
    );
  }
  const memoryMb = options.memoryMb ?? image.defaults?.memoryMb ?? defaultMemoryMb;
  const { leastMemoryMb = 32 } = image;
  const why = leastMemoryMb === 32 ? 'MiB' : "MiB, more than 'globalBuffersMb'";
  requireWholeNumber('memoryMb', memoryMb, leastMemoryMb, 1048576, why);
  for (const prop of ['startTimeoutSec', 'stopTimeoutSec'] as const) {
    const value = options[prop];
    if (value !== undefined) requireWholeNumber(prop, value, 1, 7200, 'seconds');
  }
  requireProcessors(options);
  requireVolumes(options.volumes ?? {});
}

/** The container that puts the files into the volume and ends. It has no network and no capability but to give files away. */
function defineDelivery(
  scope: Construct,
  server: ServerDefinition,
  containerName: string,
  files: Volume,
  labels: Readonly<Record<string, string>>,
): Container {
  const { certificate, authorizedClients } = server;
  const upload = deliveryUploads([
    { path: FILES.config, content: server.config.text },
    ...certificateFiles(certificate, server),
    ...(authorizedClients ? [{ path: FILES.authorizedClients, content: authorizedClients }] : []),
    ...(server.image.files?.(imageServerOf(server)) ?? []),
  ]);
  const directories = Object.keys(server.volumes);

  const delivery: Container = new Container(scope, 'delivery', {
    name: `${containerName}-files`,
    image: server.image.imageId,
    entrypoint: ['/bin/bash', DELIVERY_SCRIPT_PATH],
    command: [DELIVERY_SOURCE, FILES_DIRECTORY, String(SERVER_UID), ...directories],
    user: '0',
    attach: true,
    logs: true,
    mustRun: false,
    networkMode: 'none',
    capabilities: { add: ['CAP_CHOWN'], drop: ['ALL'] },
    securityOpts: ['no-new-privileges'],
    memory: 64,
    memorySwap: 64,
    cpuShares: CPU_SHARES.delivery,
    logDriver: LOGGING.logDriver,
    logOpts: { ...LOGGING.logOpts },
    upload,
    // The id is unknown while the volume is being made, so that a lost volume is filled again.
    volumes: [{ volumeName: files.id, containerPath: FILES_DIRECTORY }, ...mounts(server.volumes)],
    labels: toLabels({ ...labels, [LABELS.role]: 'delivery' }),
    lifecycle: {
      ignoreChanges: [...DAEMON_OWN, ...ENDED_LIMITS],
      postcondition: [
        {
          condition: '${self.exit_code == 0}',
          errorMessage: Lazy.stringValue({
            produce: () =>
              `The files of server '${server.name}' were not delivered: \${coalesce(self.container_logs, "it said nothing.")} Remedy: terraform apply -replace=${delivery.terraformResourceType}.${delivery.friendlyUniqueId}`,
          }),
        },
      ],
    },
  });
  return delivery;
}

function defineContainer(
  scope: Construct,
  server: ServerDefinition,
  containerName: string,
  files: Volume,
  delivery: Container,
  labels: Readonly<Record<string, string>>,
): Container {
  const { image, network, options, name } = server;
  const { memoryMb, startTimeoutSec, stopTimeoutSec } = {
    ...DEFAULTS,
    memoryMb: server.defaultMemoryMb,
    ...image.defaults,
  };
  const memory = options.memoryMb ?? memoryMb;
  // One value for Docker, which counts no failed probe before it, and for Terraform, which waits so long.
  const startTimeout = options.startTimeoutSec ?? startTimeoutSec;
  const stopTimeout = options.stopTimeoutSec ?? stopTimeoutSec;
  const env = { ...image.env?.(imageServerOf(server)), ECP_ROLE: server.role, ECP_CONFIG_SHA256: server.config.sha256 };
  const volumes: ContainerVolumes[] = [{ volumeName: files.id, containerPath: FILES_DIRECTORY, readOnly: true }];
  if (server.dataVolumeName) volumes.push({ volumeName: server.dataVolumeName, containerPath: DURABLE_DIRECTORY });
  volumes.push(...mounts(server.volumes));
  const healthcheck = {
    test: ['CMD', 'ecp-node', 'healthcheck'],
    interval: goDuration(PROBE.intervalSec),
    timeout: goDuration(PROBE.timeoutSec),
    startPeriod: goDuration(startTimeout),
    retries: PROBE.retries,
  };
  const tmpfs = { ...image.tmpfs };
  const webPort = network.internal ? undefined : options.webPort;

  const container: Container = new Container(scope, 'Resource', {
    name: containerName,
    hostname: name,
    image: image.imageId,
    command: image.command ? [...image.command] : undefined,
    env: Object.entries(env).map(([key, value]) => `${key}=${value}`),
    user: String(SERVER_UID),
    capabilities: { add: image.capabilitiesAdd.map(capability => `CAP_${capability}`), drop: ['ALL'] },
    securityOpts: image.noNewPrivileges ? ['no-new-privileges'] : undefined,
    readOnly: image.readOnlyRoot,
    tmpfs: Object.keys(tmpfs).length > 0 ? tmpfs : undefined,
    volumes,
    networksAdvanced: [
      { name: network.networkId, aliases: [name] },
      ...new Set((server.furtherNetworks ?? []).map(({ networkId }) => networkId)),
    ].map(each => (typeof each === 'string' ? { name: each } : each)),
    ports:
      webPort === undefined ? undefined : [{ internal: WEB_PORT, external: webPort, ip: WEB_ADDRESS, protocol: 'tcp' }],
    memory,
    // Without it Docker stores twice the memory, which the provider then wants to change in each plan.
    memorySwap: memory,
    cpuShares: CPU_SHARES[server.role],
    cpus: options.cpus === undefined ? undefined : String(options.cpus),
    cpuSet: options.cpuSet,
    ulimit: image.ulimits?.map(limit => ({ ...limit })),
    restart: 'unless-stopped',
    stopSignal: 'SIGTERM',
    stopTimeout,
    // Without it the provider stops a container with no grace at all.
    destroyGraceSeconds: stopTimeout,
    logDriver: LOGGING.logDriver,
    logOpts: { ...LOGGING.logOpts },
    healthcheck,
    wait: true,
    waitTimeout: startTimeout,
    labels: toLabels({
      ...labels,
      [LABELS.role]: server.role,
      // Neither is applied to a running container by docker provider 4.6; a label forces the replacement. Read at synth, so that
      // it covers what somebody sets through the resource.
      [LABELS.probe]: Lazy.stringValue({ produce: () => shortHash(probeOf(container)) }),
      ...(webPort === undefined ? {} : { [LABELS.web]: `${WEB_ADDRESS}:${webPort}` }),
    }),
    lifecycle: {
      // Docker shows no ports of a stopped container; without this a plan would replace it instead of starting it
      // (docker provider 4.6, resourceDockerContainerRead). The labels above force the replacement that a new port, health check or
      // tmpfs needs, or an override of what the daemon may fill in.
      ignoreChanges: ['ports', 'healthcheck', 'tmpfs', ...DAEMON_OWN],
    },
    dependsOn: [delivery, ...(server.after ?? [])],
  });
  return container;
}

function mounts(volumes: Readonly<Record<string, string>>): ContainerVolumes[] {
  return Object.entries(volumes).map(([containerPath, volumeName]) => ({ volumeName, containerPath }));
}

/** What an engine may know of the server. */
function imageServerOf(server: ServerDefinition): EcpImageServer {
  const { role, maxConnections, journalDirectory, alternateJournalDirectory } = server;
  const keyAlgorithm = keyAlgorithmOf(server.certificate);
  const isDurable = server.dataVolumeName !== undefined;
  return { role, maxConnections, keyAlgorithm, isDurable, journalDirectory, alternateJournalDirectory };
}

/**
 * Health check and tmpfs as they will be written, overrides included, and what else was overridden. The names and their order are part of
 * existing labels.
 */
function probeOf(container: Container): unknown {
  const attributes = attributesOf(container) as ProbeAttributes & Readonly<Record<string, unknown>>;
  const { test, interval, timeout, start_period: startPeriod, retries, ...rest } = attributes.healthcheck;
  const overridden = overriddenOf(attributes);
  return {
    healthcheck: { test, interval, timeout, startPeriod, retries, ...rest },
    tmpfs: attributes.tmpfs ?? {},
    ...(Object.keys(overridden).length > 0 ? { overridden } : {}),
  };
}

interface ProbeAttributes {
  readonly healthcheck: Readonly<Record<string, unknown>>;
  readonly tmpfs?: Readonly<Record<string, string>>;
}

function toLabels(labels: Readonly<Record<string, string>>): { label: string; value: string }[] {
  return Object.entries(labels).map(([label, value]) => ({ label, value }));
}

function shortHash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 12);
}
