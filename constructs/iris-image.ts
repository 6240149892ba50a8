import type { Image } from '@cdktf/provider-docker/lib/image';
import type { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import type { TerraformProvider } from 'cdktf';
import { Construct } from 'constructs';
import { join } from 'node:path';
import { Refusal } from '../contract/refusal';
import type { EcpFile, EcpImage, EcpImageDefaults, EcpImageServer, EcpTmpfs } from './ecp-image';
import { readCpfMergeFile, renderCpf, type CpfOwned, type CpfSections } from './private/cpf-merge';
import { IRIS_ENGINE } from './private/engines';
import { configMirror, requireArbiterAddress } from './private/iris-mirror';
import { buildImage } from './private/image-build';
import { requireIrisRelease } from './private/iris-release';
import { PACKAGE_FOLDER } from './private/package-folder';
import { refuseOldNames } from './private/renamed';
import { requireFile, requireKnownProps, requirePort, requireWholeNumber } from './private/validate';

/** Properties of `IrisImage`. */
export interface IrisImageProps {
  /**
   * Path of the licence key, `iris.key`. It must include ECP (`Multi_Server`). A changed file reaches running servers.
   *
   * @see https://docs.intersystems.com/irislatest/csp/docbook/DocBook.UI.Page.cls?KEY=ADOCK
   */
  readonly licenseKeyFile: string;
  /**
   * Path of a file whose first line becomes the password of all predefined accounts at the first start of a server's data. A data
   * server's accounts are their own from then on. IRIS asks for another one at the first login, and refuses REST until then (401).
   *
   * @default - InterSystems' own default passwords, which everyone knows
   * @see https://docs.intersystems.com/irislatest/csp/docbook/DocBook.UI.Page.cls?KEY=ADOCK
   */
  readonly passwordFile?: string;
  /**
   * InterSystems IRIS image, with registry and tag. It is used as it is when the Docker host has it, and pulled otherwise. The oldest
   * release is the article's, 2022.2. Prefer a full tag, such as `2025.1.0.223.0`: what `2025.1` names moves, and with it the release of
   * the data.
   *
   * @default "containers.intersystems.com/intersystems/iris:2025.1"
   * @see https://docs.intersystems.com/irislatest/csp/docbook/DocBook.UI.Page.cls?KEY=ADOCK
   */
  readonly baseImage?: string;
  /**
   * Cache for 8 KB database blocks in MiB, the third value of the CPF parameter `globals`.
   *
   * @default 256
   * @see https://docs.intersystems.com/irislatest/csp/docbook/DocBook.UI.Page.cls?KEY=RACS_config
   */
  readonly globalBuffersMiB?: number;
  /**
   * CPF `ClientReconnectInterval`: seconds between two attempts of an application server to reconnect, 1 to 60.
   *
   * @default - IRIS's own, 5
   * @see https://docs.intersystems.com/irislatest/csp/docbook/DocBook.UI.Page.cls?KEY=RACS_ClientReconnectInterval
   */
  readonly clientReconnectInterval?: number;
  /**
   * CPF `ClientReconnectDuration`: seconds that an application server goes on trying to reconnect, 10 to 65535.
   *
   * @default - IRIS's own, 1200
   * @see https://docs.intersystems.com/irislatest/csp/docbook/DocBook.UI.Page.cls?KEY=RACS
   */
  readonly clientReconnectDuration?: number;
  /**
   * CPF `ServerTroubleDuration`: seconds after which the data server drops an application server in Trouble and rolls its
   * transactions back, 20 to 65535.
   *
   * @default - IRIS's own, 60
   * @see https://docs.intersystems.com/irislatest/csp/docbook/DocBook.UI.Page.cls?KEY=RACS
   */
  readonly serverTroubleDuration?: number;
  /**
   * Path of a CPF merge file for what the other properties do not cover, in every server: `[config]` with `gmheap`, `locksiz` or `routines`,
   * `[Startup]`, `[Actions]`. It is checked against the sections and parameters of IRIS, and may not disable mutual TLS. Its text is in the
   * Terraform state: it is no place for a password.
   *
   * @default - none
   * @see https://docs.intersystems.com/irislatest/csp/docbook/DocBook.UI.Page.cls?KEY=GCMF
   */
  readonly cpfMergeFile?: string;
  /**
   * Lets IRIS take its shared memory from huge pages that the Docker host has reserved: capability `IPC_LOCK` and no limit of locked
   * memory. They do not count in `memoryMiB`.
   *
   * @default false
   * @see https://docs.intersystems.com/irislatest/csp/docbook/DocBook.UI.Page.cls?KEY=ADOCK
   */
  readonly hugePages?: boolean;
  /**
   * Licence server that all servers share, for a key that several instances use (`Multi_Server`): host name and port.
   *
   * @default - each server is its own
   * @see https://docs.intersystems.com/irislatest/csp/docbook/DocBook.UI.Page.cls?KEY=RACS
   */
  readonly licenseServer?: IrisLicenseServer;
  /**
   * Arbiter of the mirror that is elsewhere, such as InterSystems' image `arbiter` on a host of its own: host name or address, and port where
   * its ISCAgent listens at another one than 2188. From InterSystems' documentation, unproven.
   *
   * @default - the arbiter of the cluster, where `mirror` has one
   * @see https://docs.intersystems.com/irislatest/csp/docbook/DocBook.UI.Page.cls?KEY=GHA_mirror_set_config
   */
  readonly arbiterAddress?: string;
  /**
   * Address that takes OTLP over HTTP, such as an OpenTelemetry collector's `http://collector:4318`: every server sends its metrics there, as
   * `[Monitor] OTELMetrics` of the CPF has it. Since 2025.1. From InterSystems' documentation, unproven.
   *
   * @default - nothing is sent
   * @see https://docs.intersystems.com/irislatest/csp/docbook/DocBook.UI.Page.cls?KEY=AOTEL
   */
  readonly otlpEndpoint?: string;
  /**
   * Folder with application code (`.cls`, `.mac`, `.inc`, `.int` or exported `.xml`), which is loaded and compiled into the namespace USER
   * when the image is built. The durable USER of a data server or a durable application server keeps its own and gets the new code at its next start.
   *
   * @default - none
   */
  readonly applicationFolder?: string;
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

/** Where a licence server listens. */
export interface IrisLicenseServer {
  /** Host name or address that every server of the cluster can reach; `data-server` lets the data server be it. */
  readonly address: string;
  /**
   * Its UDP port.
   *
   * @default 4002
   */
  readonly port?: number;
}

/** Image that `IrisImage` starts from by default: an extended maintenance release. */
export const DEFAULT_IRIS_IMAGE = 'containers.intersystems.com/intersystems/iris:2025.1';

/** Ranges of the timers: InterSystems, class reference of Config.ECP and Configuration Parameter File Reference, [ECP]. */
const TIMERS = [
  { prop: 'clientReconnectInterval', parameter: 'ClientReconnectInterval', least: 1, most: 60 },
  { prop: 'clientReconnectDuration', parameter: 'ClientReconnectDuration', least: 10, most: 65535 },
  { prop: 'serverTroubleDuration', parameter: 'ServerTroubleDuration', least: 20, most: 65535 },
] as const;

/**
 * InterSystems IRIS with Config-API and the container contract, built on the Docker host. It needs a licence key and a login to the
 * registry. Untested on IRIS; docs/iris.md says of each statement where it comes from and how it was checked.
 *
 * Resources: `docker_image` for the base, which is pulled through `registry_auth` of the Docker provider, and `docker_image` for the
 * engine. Both stay on the host when the cluster goes. Licence key and password reach a server without passing through the state.
 */
export class IrisImage extends Construct implements EcpImage {
  public readonly imageId: string;
  public readonly imageIdOn: (host: TerraformProvider) => string;
  public readonly imageReference?: string;
  public readonly engine = IRIS_ENGINE.engine;
  public readonly features = IRIS_ENGINE.features;
  public readonly failurePatienceSec = IRIS_ENGINE.failurePatienceSec;
  public readonly checkConfig = IRIS_ENGINE.checkConfig;
  public readonly webHealth = IRIS_ENGINE.webHealth;
  public readonly mirroredDirectory = IRIS_ENGINE.mirroredDirectory;
  public readonly capabilitiesAdd: readonly string[];
  public readonly ulimits: EcpImage['ulimits'];
  // IRIS starts programs that are setuid root (unproven: whether all of them are needed).
  public readonly noNewPrivileges = false;
  // IRIS writes below its installation directory.
  public readonly readOnlyRoot = false;
  public readonly tmpfs: readonly EcpTmpfs[] = [{ path: '/run/ecp', sizeMiB: 16, mode: '0700' }];
  public readonly defaults: EcpImageDefaults = { memoryMiB: 2048, startTimeoutSec: 300, stopTimeoutSec: 120 };
  /** False since 2023.2: then only an `EcpWebGateway` serves the management portal and the metrics. */
  public readonly hasWebServer: boolean;
  /** More than the global buffers, which IRIS takes at its start. What it needs beside them is unproven. */
  public readonly leastMemoryMiB: number;
  /** The Docker image, for what the properties do not cover. */
  public readonly image: Image;

  private readonly licenseKeyFile: string;
  private readonly passwordFile?: string;
  private readonly globalBuffersMiB: number;
  private readonly merge: CpfSections;
  private readonly ownMerge: CpfSections;
  private readonly isBeforeEcdsa: boolean;
  private readonly otlpEndpoint?: string;
  private readonly arbiterAddress?: string;
  private readonly baseImage: string;

  /** @throws Error when a file is missing, the base image is too old or a number is out of its range. */
  constructor(scope: Construct, id: string, props: IrisImageProps) {
    super(scope, id);
    refuseOldNames(props);
    // Synth reads the release from its tag, and hashes what goes into files.
    requireKnownProps(props, 'baseImage', 'globalBuffersMiB', 'hugePages', 'licenseServer', 'applicationFolder');
    requireKnownProps(props, 'otlpEndpoint', 'arbiterAddress');
    requireKnownProps(props, ...TIMERS.map(({ prop }) => prop));
    const baseImage = props.baseImage ?? DEFAULT_IRIS_IMAGE;
    const { hasWebServer, knowsEcdsa } = requireIrisRelease('baseImage', baseImage);
    this.baseImage = baseImage;
    this.hasWebServer = hasWebServer;
    this.isBeforeEcdsa = !knowsEcdsa;
    this.arbiterAddress = requireArbiterAddress(props.arbiterAddress);
    this.otlpEndpoint = requireOtlpEndpoint(props.otlpEndpoint, baseImage, knowsEcdsa);
    // iris-main asks for the first four (its own message). IPC_LOCK: ADOCK, "Huge Pages".
    this.capabilitiesAdd = ['SETUID', 'SETGID', 'DAC_OVERRIDE', 'FOWNER', ...(props.hugePages ? ['IPC_LOCK'] : [])];
    this.ulimits = props.hugePages ? [{ name: 'memlock', soft: -1, hard: -1 }] : undefined;
    this.licenseKeyFile = requireFile('licenseKeyFile', props.licenseKeyFile, 'an InterSystems IRIS licence key');
    if (props.passwordFile !== undefined)
      this.passwordFile = requireFile('passwordFile', props.passwordFile, 'a file with one password');
    this.globalBuffersMiB = props.globalBuffersMiB ?? 256;
    requireWholeNumber('globalBuffersMiB', this.globalBuffersMiB, 16, 1048576, 'MiB');
    this.leastMemoryMiB = this.globalBuffersMiB + 1;
    const timers = TIMERS.flatMap(({ prop, parameter, least, most }) => {
      const value = props[prop];
      if (value === undefined) return [];
      requireWholeNumber(prop, value, least, most, `seconds, the range of ${parameter}`);
      return [`${parameter}=${value}`];
    });
    this.merge = {
      ...(timers.length > 0 ? { ECP: timers } : {}),
      ...licenseServers(props.licenseServer),
      ...(props.otlpEndpoint === undefined ? {} : { Monitor: ['OTELMetrics=1'] }),
    };
    this.ownMerge =
      props.cpfMergeFile === undefined
        ? {}
        : readCpfMergeFile(requireFile('cpfMergeFile', props.cpfMergeFile, 'a CPF merge file'), ownedBy(props));
    const built = buildImage(this, {
      context: join(PACKAGE_FOLDER, 'images', 'iris'),
      repository: 'ecp-iris',
      baseImage,
      application: props.applicationFolder,
      registry: props.registry,
      provider: props.provider,
    });
    this.image = built.image;
    this.imageId = built.image.imageId;
    this.imageIdOn = built.imageIdOn;
    this.imageReference = built.imageReference;
  }

  /** The CPF merge file, the licence key and the password. */
  public files(server: EcpImageServer): readonly EcpFile[] {
    // An arbiter has no instance.
    if (server.role === 'arbiter') return [];
    if (server.keyAlgorithm === 'ECDSA' && this.isBeforeEcdsa)
      throw new Refusal(
        `'algorithm' must be 'RSA' for InterSystems IRIS before 2025.1, whose TLS configurations know no other, got 'ECDSA' with '${this.baseImage}'; choose RSA or a newer release`,
      );
    return [
      { path: 'merge.cpf', content: this.mergeFile(server) },
      { path: 'iris.key', source: this.licenseKeyFile },
      ...(this.passwordFile === undefined ? [] : [{ path: 'password', source: this.passwordFile }]),
    ];
  }

  /**
   * Where a durable %SYS lies, since `iris` in the container needs it too; and the number of connections, which IRIS takes at a start alone, so
   * that a change of it replaces the server. Where metrics go is known by a variable alone (AOTEL).
   */
  public readonly env = ({ role, isDurable, maxConnections }: EcpImageServer): Readonly<Record<string, string>> => ({
    ...(isDurable ? { ISC_DATA_DIRECTORY: IRIS_DATA_DIRECTORY } : {}),
    ...(role === 'arbiter' ? {} : { ECP_MAX_CONNECTIONS: String(maxConnections) }),
    ...(this.otlpEndpoint === undefined || role === 'arbiter'
      ? {}
      : { OTEL_EXPORTER_OTLP_ENDPOINT: this.otlpEndpoint }),
  });

  /**
   * What IRIS must know before its first start. Sections and ranges: InterSystems, Configuration Parameter File Reference, [config]
   * and [ECP]; the file itself: Automating Configuration of InterSystems IRIS with Configuration Merge.
   */
  private mergeFile(server: EcpImageServer): string {
    const { role, maxConnections, journalDirectory, alternateJournalDirectory } = server;
    // Releases have both since the same one; docs/iris.md, `mirror-databases`.
    const { baseImage, isBeforeEcdsa, arbiterAddress } = this;
    const actions = configMirror(server, { baseImage, isReleaseKnown: !isBeforeEcdsa, arbiterAddress });
    // A change needs a restart, so it cannot wait for Config-API. MaxServerConn counts on the data server, MaxServers on the others.
    const connections = `${role === 'data-server' ? 'MaxServerConn' : 'MaxServers'}=${maxConnections}`;
    // Explicit, since it is not documented whether the automatic size knows the container's memory limit.
    const hasOwnBuffers = this.ownMerge.config?.some(line => /^globals\s*=/i.test(line));
    const journal = [
      ...(journalDirectory === undefined ? [] : [`CurrentDirectory=${journalDirectory}/`]),
      ...(alternateJournalDirectory === undefined ? [] : [`AlternateDirectory=${alternateJournalDirectory}/`]),
    ];
    const config = [connections, ...(hasOwnBuffers ? [] : [`globals=0,0,${this.globalBuffersMiB},0,0,0`])];
    const sections = {
      config,
      ...(journal.length > 0 ? { Journal: journal } : {}),
      ...(actions.length > 0 ? { Actions: actions } : {}),
    };
    return renderCpf({ ...sections, ...this.merge }, this.ownMerge);
  }
}

/** Directory of the durable %SYS. Not /durable itself: iris-main refuses one that holds something else than its own (ADOCK). */
const IRIS_DATA_DIRECTORY = '/durable/iris';

/** `[LicenseServers]` of the CPF: LOCAL is the entry that an installation makes, 4002 its port (Configuration Parameter File Reference). */
function licenseServers(server: IrisImageProps['licenseServer']): CpfSections {
  if (server === undefined) return {};
  const { address, port = 4002 } = server;
  if (!/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(address))
    throw new Refusal(`'licenseServer' must have a host name or address, got '${address}'; correct it`);
  requirePort('licenseServer', port);
  return { LicenseServers: [`LOCAL=${address},${port}`] };
}

/** It is shown by `docker inspect`, so it is no place for a password. 2025.1 is the first release that has both this and ECDSA. */
function requireOtlpEndpoint(
  endpoint: string | undefined,
  baseImage: string,
  isSince20251: boolean,
): string | undefined {
  if (endpoint === undefined) return undefined;
  if (!/^https?:\/\/[A-Za-z0-9[][^\s@]*$/.test(endpoint))
    throw new Refusal(
      `'otlpEndpoint' must be an address such as 'http://collector:4318', without a password, got '${endpoint}'; correct it`,
    );
  if (!isSince20251)
    throw new Refusal(
      `'otlpEndpoint' must be left out before InterSystems IRIS 2025.1, which sends no metrics, got '${endpoint}' with '${baseImage}'; take it out or choose a newer release`,
    );
  return endpoint;
}

/** Parameters that a merge file may not set, since a property does. */
function ownedBy(props: IrisImageProps): CpfOwned {
  const timers = TIMERS.filter(({ prop }) => props[prop] !== undefined).map(({ prop, parameter }) => [
    `ecp.${parameter}`.toLowerCase(),
    `'${prop}'`,
  ]);
  return {
    'config.maxserverconn': "'maxAppServers' of the data server",
    'config.maxservers': 'the number of data servers in the config file',
    'journal.currentdirectory': "'journalVolume' of the data server",
    'journal.alternatedirectory': "'alternateJournalVolume' of the data server",
    ...(props.globalBuffersMiB === undefined ? {} : { 'config.globals': "'globalBuffersMiB'" }),
    ...(props.licenseServer === undefined ? {} : { 'licenseservers.local': "'licenseServer'" }),
    ...(props.otlpEndpoint === undefined ? {} : { 'monitor.otelmetrics': "'otlpEndpoint'" }),
    ...(Object.fromEntries(timers) as CpfOwned),
  };
}
