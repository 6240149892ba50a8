import { Annotations, type ITerraformDependable } from 'cdktf';
import type { Construct } from 'constructs';
import { ARBITER_NAME, FILES, SERVER_UID, type ServerRole } from '../../contract/contract';
import { Refusal } from '../../contract/refusal';
import type { EcpImage, EcpImageServer, EcpServerFile } from '../ecp-image';
import type { EcpMirrorOptions } from '../ecp-mirror';
import type { IEcpNetwork } from '../ecp-network';
import type { EcpCertificate } from '../ecp-pki';
import type { EcpServerHandle, IEcpPlatform } from '../platform/ecp-platform';
import type { EcpServerSpec } from '../platform/server-spec';
import { certificateFiles } from './certificate-files';
import type { ConfigDocument } from './config-document';
import { guardAtApply, portRule, processorRules, wholeNumberRule } from './apply-rules';
import { containerOptions, type EcpContainerOptions } from './container-options';
import { guardProviderVersions } from '../provider-versions';
import { guardNeighbours } from './docker-neighbours';
import { requireProcessors } from './processors';
import { refuseOldNames } from './renamed';
import { requireEnvironment } from './server-environment';
import { requireVolumes } from './server-volumes';
import { requireWebAddress, type EcpWebAddress } from './web-address';
import { requireKnownProps, requireName, requirePort, requireWholeNumber } from './validate';

/** What a user may set for a server of either role. */
export interface EcpServerOptions extends EcpContainerOptions, EcpWebAddress {
  /**
   * Path of the Config-API document that configures the server; `${VARIABLE}` in its strings is replaced at synth.
   *
   * @default - `config-files/data-server.json` or `config-files/app-server.json` of this package
   * @see https://github.com/lscalese/iris-config-api
   */
  readonly configFile?: string;
  /**
   * Variables for `configFile`, beside those that the server sets itself (docs/article.md lists them). Yours win.
   *
   * @default - none
   * @see https://github.com/lscalese/iris-config-api
   */
  readonly configVariables?: Readonly<Record<string, string>>;
  /**
   * Accepts a `configFile` that disables mutual TLS.
   *
   * @default false
   */
  readonly allowInsecure?: boolean;
  /**
   * Memory limit in MiB. There is no swap beyond it. Changed in place.
   *
   * @default 256 for a data server, 128 for an application server, with InterSystems IRIS 2048 for both
   * @see https://docs.docker.com/engine/containers/resource_constraints/
   */
  readonly memoryMiB?: number;
  /**
   * Processors that the server may use at most; fractions are possible. A licence key of InterSystems IRIS is not accepted by a server that
   * sees more cores than it covers.
   *
   * @default - all of the host
   * @see https://docs.docker.com/engine/containers/resource_constraints/
   */
  readonly cpus?: number;
  /**
   * Processors that the server runs on, in Linux's notation: `0-3` or `0,2`. What InterSystems IRIS counts as its cores.
   *
   * @default - all of the host
   * @see https://docs.docker.com/engine/containers/resource_constraints/
   */
  readonly cpuSet?: string;
  /**
   * Environment variables of the server's container beside those of the engine and of the container contract. Everybody who may ask
   * Docker can read them: nothing secret. A change replaces the server.
   *
   * @default - none
   */
  readonly environment?: Readonly<Record<string, string>>;
  /**
   * Docker volumes for the server's use, each by the directory at which it is mounted. They are not Terraform resources: Docker makes what
   * is missing, and no command here deletes them. Their top directory is given to the server's user.
   *
   * @default - none
   */
  readonly volumes?: Readonly<Record<string, string>>;
  /**
   * Port on the host, at `webBindAddress`, for the server's web port.
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
  readonly role: ServerRole;
  readonly image: EcpImage;
  readonly network: IEcpNetwork;
  readonly certificate: EcpCertificate;
  /** The mirror that it is a member or the arbiter of. */
  readonly mirror?: EcpMirrorOptions;
  /** Algorithm of its key. */
  readonly keyAlgorithm: 'RSA' | 'ECDSA';
  readonly config: ConfigDocument;
  /** Content of the file `authorized-clients`, read when the stack is synthesized. */
  readonly authorizedClients?: () => string;
  /** Data server: application servers connected at once. Application server: data servers that it may connect to. */
  readonly maxConnections: number;
  /** Volume for `/durable`. */
  readonly dataVolumeName?: string;
  readonly journalDirectory?: string;
  readonly alternateJournalDirectory?: string;
  /** Volumes beside that one, by the directory at which each is mounted. */
  readonly volumes: Readonly<Record<string, string>>;
  /** Files beside those that each server has. */
  readonly files?: readonly EcpServerFile[];
  /** Environment variables of the container contract beside those that each server has. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly defaultMemoryMiB: number;
  readonly options: EcpServerOptions;
  /** Where its superserver port is published. */
  readonly superserver?: EcpServerSpec['superserver'];
  /** Networks beside `network`, in which others of the same name are. */
  readonly furtherNetworks?: readonly IEcpNetwork[];
  /** What must be healthy first. */
  readonly after?: readonly ITerraformDependable[];
  /** Where it runs. */
  readonly platform: IEcpPlatform;
}

/**
 * Docker asks `ecp-node healthcheck` again half a second after each answer, but the command itself waits: for Normal at the start,
 * for a change later, at most 110 s. So a deploy ends soon after Normal, and a running server costs one process in two minutes.
 */
const HEALTH_CHECK = { command: ['ecp-node', 'healthcheck'], intervalSec: 0.5, timeoutSec: 125, retries: 2 } as const;

/** What an engine does not say otherwise. */
const DEFAULTS = { startTimeoutSec: 120, stopTimeoutSec: 60 } as const;

/** Checks a server and lets its platform run it. */
export function defineServer(
  scope: Construct,
  server: ServerDefinition,
): EcpServerHandle & Pick<EcpServerSpec, 'startTimeoutSec'> {
  validateServer(server);
  guardNeighbours(scope);
  guardProviderVersions(scope);
  for (const note of server.config.notes) Annotations.of(scope).addInfo(note);
  const spec = specOf(server);
  const handle = server.platform.runServer(scope, spec);
  guardServer(handle.resource, server);
  return { ...handle, startTimeoutSec: spec.startTimeoutSec };
}

/** The rules of `validateServer` for what only Terraform will know. */
function guardServer(resource: EcpServerHandle['resource'], { options, image, role }: ServerDefinition): void {
  const { memoryMiB, startTimeoutSec, stopTimeoutSec, webPort } = options;
  guardAtApply(
    resource,
    wholeNumberRule('memoryMiB', memoryMiB, ...memoryRange(role, image)),
    wholeNumberRule('startTimeoutSec', startTimeoutSec, ...TIMEOUT),
    wholeNumberRule('stopTimeoutSec', stopTimeoutSec, ...TIMEOUT),
    portRule('webPort', webPort),
    processorRules(options),
  );
}

const TIMEOUT = [1, 7200, 'seconds'] as const;

/** An arbiter has the engine's image, and no database for which that needs memory. */
function memoryRange(role: ServerRole, { leastMemoryMiB = 32 }: EcpImage): readonly [number, number, string] {
  if (role === ARBITER_NAME) return [32, 1048576, 'MiB'];
  return [leastMemoryMiB, 1048576, leastMemoryMiB === 32 ? 'MiB' : "MiB, more than 'globalBuffersMiB'"];
}

function defaultMemoryOf({ role, image, defaultMemoryMiB }: ServerDefinition): number {
  return role === ARBITER_NAME ? defaultMemoryMiB : (image.defaults?.memoryMiB ?? defaultMemoryMiB);
}

function specOf(server: ServerDefinition): EcpServerSpec {
  const { clusterName, name, role, image, network, options, dataVolumeName, volumes } = server;
  const defaults = { ...DEFAULTS, ...image.defaults, memoryMiB: defaultMemoryOf(server) };
  return {
    clusterName,
    name,
    role,
    engine: image.engine,
    image: server.platform.imageOf?.(image) ?? image.imageId,
    command: image.command,
    network,
    furtherNetworks: server.furtherNetworks ?? [],
    files: filesOf(server),
    dataVolumeName,
    volumes,
    environment: {
      ...options.environment,
      ...image.env?.(imageServerOf(server)),
      ECP_ROLE: role,
      ECP_CONFIG_SHA256: server.config.sha256,
      ...server.environment,
    },
    user: SERVER_UID,
    capabilitiesAdd: image.capabilitiesAdd,
    noNewPrivileges: image.noNewPrivileges,
    readOnlyRoot: image.readOnlyRoot,
    tmpfs: image.tmpfs,
    ulimits: image.ulimits,
    memoryMiB: options.memoryMiB ?? defaults.memoryMiB,
    cpus: options.cpus,
    cpuSet: options.cpuSet,
    startTimeoutSec: options.startTimeoutSec ?? defaults.startTimeoutSec,
    stopTimeoutSec: options.stopTimeoutSec ?? defaults.stopTimeoutSec,
    ...containerOptions(options),
    webPort: options.webPort,
    webBindAddress: options.webBindAddress,
    superserver: server.superserver,
    healthCheck: HEALTH_CHECK,
    after: server.after ?? [],
  };
}

function filesOf(server: ServerDefinition): EcpServerFile[] {
  const { certificate, authorizedClients } = server;
  return [
    { path: FILES.config, content: server.config.text },
    ...certificateFiles(certificate, { ...server, isMirrored: server.mirror !== undefined }),
    ...(authorizedClients ? [{ path: FILES.authorizedClients, content: authorizedClients }] : []),
    ...(server.files ?? []),
    ...(server.image.files?.(imageServerOf(server)) ?? []),
  ];
}

function validateServer(server: ServerDefinition): void {
  const { clusterName, name, role, image, options, volumes } = server;
  requireName('clusterName', clusterName);
  requireName('name', name);
  requireKnownProps(options, 'configFile', 'allowInsecure', 'volumes');
  requireEnvironment(options.environment ?? {}, Object.keys(image.env?.(imageServerOf(server)) ?? {}));
  for (const each of [options, image, image.defaults ?? {}]) refuseOldNames(each);
  if (options.webPort !== undefined) requirePort('webPort', options.webPort);
  if (options.webPort !== undefined && image.hasWebServer === false) {
    throw new Refusal(
      `'webPort' must be left out for an image without web server (InterSystems IRIS since 2023.2), got ${options.webPort}; let an EcpWebGateway publish it ('webGateway' of EcpCluster)`,
    );
  }
  const memoryMiB = options.memoryMiB ?? defaultMemoryOf(server);
  requireWholeNumber('memoryMiB', memoryMiB, ...memoryRange(role, image));
  for (const prop of ['startTimeoutSec', 'stopTimeoutSec'] as const) {
    const value = options[prop];
    if (value !== undefined) requireWholeNumber(prop, value, ...TIMEOUT);
  }
  requireWebAddress(options);
  requireProcessors(options);
  requireVolumes(volumes);
}

/** What an engine may know of the server. */
function imageServerOf(server: ServerDefinition): EcpImageServer {
  const { name, role, mirror, maxConnections, keyAlgorithm, journalDirectory, alternateJournalDirectory } = server;
  const isDurable = server.dataVolumeName !== undefined;
  return {
    role,
    mirror: mirror && { ...mirror, server: name },
    maxConnections,
    keyAlgorithm,
    isDurable,
    journalDirectory,
    alternateJournalDirectory,
  };
}
