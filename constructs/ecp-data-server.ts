import type { Container } from '@cdktf/provider-docker/lib/container';
import { Volume } from '@cdktf/provider-docker/lib/volume';
import type { ITerraformDependable, TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { BACKUP_DIRECTORY, backupVolumeName } from '../contract/backup';
import {
  ALTERNATE_JOURNAL_DIRECTORY,
  DATA_SERVER_NAME,
  DURABLE_DIRECTORY,
  FILES,
  FILES_DIRECTORY,
  JOURNAL_DIRECTORY,
  LABELS,
  MAX_SERVER_CONNECTIONS,
  READ_ONLY,
  SUPERSERVER_PORT,
  reservedAppServerNames,
} from '../contract/contract';
import { deliveryName } from '../contract/names';
import { Refusal } from '../contract/refusal';
import type { EcpAppServer } from './ecp-app-server';
import type { EcpImage } from './ecp-image';
import type { EcpMirrorOptions } from './ecp-mirror';
import type { IEcpNetwork } from './ecp-network';
import type { IEcpPki } from './ecp-pki';
import { DockerHost, requireContainer } from './platform/docker-host';
import type { EcpServerHandle, IEcpPlatform } from './platform/ecp-platform';
import { DEFAULT_CONFIG_FILE, renderConfigDocument } from './private/config-document';
import { refuseRenamedVolume, rememberDataVolume, requireOwnDataVolume } from './private/data-volume';
import { ExistingDataServer } from './private/existing-data-server';
import { noteDataServer } from './private/fitting';
import { ownSelectorOf, selectorOf, type Measured } from './private/metrics';
import { PRIVATE_KEY_TYPE } from './private/iris-rules';
import { keyAlgorithmOf } from './private/key-algorithm';
import { memberVolumeName, mirrorEnvironment, mirrorMembersFile, requireMirror } from './private/mirror';
import { defineServer, type EcpServerOptions } from './private/server';
import { isAddress, publishedSuperserver, type EcpSuperserverPort } from './private/superserver-port';
import { requireKnownProps, requireKnownWholeNumber, requireName } from './private/validate';

/** A data server as application servers see it. `EcpDataServer.fromExistingDataServer` makes one of a data server that runs elsewhere. */
export interface IEcpDataServer {
  /** Name of the ECP server entry. */
  readonly name: string;
  /** Host name or address at which application servers reach it; it must be among the names of its certificate. */
  readonly host: string;
  /** Superserver port. */
  readonly port: number;
  /**
   * What application servers start after.
   *
   * @default - nothing is waited for
   */
  readonly dependsOn?: readonly ITerraformDependable[];
  /**
   * The mirror that it is the first member of; application servers follow the primary.
   *
   * @default - none
   */
  readonly mirror?: EcpMirrorOptions;
}

/** A data server that something else runs. */
export interface EcpDataServerAttributes {
  /** Host name or address at which application servers reach it; it must be among the names of its certificate. */
  readonly host: string;
  /**
   * Name of the ECP server entry. Two data servers of one application server need different ones.
   *
   * @default "data-server"
   */
  readonly name?: string;
  /**
   * Superserver port.
   *
   * @default 1972
   */
  readonly port?: number;
  /**
   * What application servers start after.
   *
   * @default - nothing is waited for
   */
  readonly dependsOn?: readonly ITerraformDependable[];
}

/** What a user may set for a data server. */
export interface EcpDataServerOptions extends EcpServerOptions {
  /**
   * Number of application servers that are admitted without being told: `app-server-1` to `app-server-<maxAppServers>`. A change delivers
   * the data server's files again. It is IRIS's `MaxServerConn` too, which counts from a start on: there a change replaces the data server.
   *
   * @default 16
   * @see https://docs.intersystems.com/irislatest/csp/docbook/DocBook.UI.Page.cls?KEY=RACS_MaxServerConn
   */
  readonly maxAppServers?: number;
  /**
   * Names of further application servers, of any form. A change delivers the data server's files again and restarts nothing.
   *
   * @default - none
   */
  readonly additionalClients?: readonly string[];
  /**
   * What becomes of the data when the cluster is destroyed. With `retain` the volume is not a Terraform resource: no plan can
   * delete it, and a new cluster of the same name finds it.
   *
   * @default "retain"
   */
  readonly dataRetention?: 'retain' | 'destroy';
  /**
   * Name of the Docker volume with the data. Another name is another volume, empty where it is new: set for the first time on a cluster
   * that runs, or left out again, it is in the plan as `data-volume`, and each further name is refused there, with the way to mean it.
   *
   * @default "<clusterName>-data"
   */
  readonly dataVolume?: string;
  /**
   * Publishes the superserver port on the data server's host, for application servers on hosts that share no network with it. Whoever
   * reaches the port must show an admitted certificate. A change replaces all servers.
   *
   * @default - not published
   */
  readonly publish?: EcpSuperserverPort;
  /**
   * Name of a Docker volume for the journals, at `/journal`. As those of `volumes` it is never deleted here. InterSystems IRIS only.
   *
   * @default - journals lie with the data
   * @see https://docs.intersystems.com/irislatest/csp/docbook/DocBook.UI.Page.cls?KEY=GCDI_journal_config
   */
  readonly journalVolume?: string;
  /**
   * Name of a Docker volume for the journals when the first one is full or gone, at `/alternate-journal`. InterSystems IRIS only.
   *
   * @default - none
   * @see https://docs.intersystems.com/irislatest/csp/docbook/DocBook.UI.Page.cls?KEY=GCDI_journal_config
   */
  readonly alternateJournalVolume?: string;
}

/** An application server, whatever stack it is in, or its name. */
export type EcpSubject = string | Pick<EcpAppServer, 'name'>;

/** Properties of `EcpDataServer`. */
export interface EcpDataServerProps extends EcpDataServerOptions {
  /** Name of the cluster. */
  readonly clusterName: string;
  /** Engine that runs the server. */
  readonly image: EcpImage;
  /** Network to join. */
  readonly network: IEcpNetwork;
  /**
   * Where the server runs.
   *
   * @default - a `DockerHost`
   */
  readonly platform?: IEcpPlatform;
  /** Where the certificate comes from. */
  readonly pki: IEcpPki;
  /**
   * Name of the server: host name, certificate subject and last part of the container's name. Another one than the default is for the members
   * of a mirror.
   *
   * @default "data-server"
   */
  readonly name?: string;
  /**
   * The mirror that it is a member of. The data volume of its second member is `<clusterName>-<name>.data`.
   *
   * @default - none
   */
  readonly mirror?: EcpMirrorOptions;
  /**
   * The other member of the mirror, when that admits application servers for both.
   *
   * @default - it admits its own
   */
  readonly admitsLike?: EcpDataServer;
  /**
   * What it starts after: the arbiter of its mirror.
   *
   * @default - nothing is waited for
   */
  readonly after?: readonly ITerraformDependable[];
}

/**
 * The data server of a cluster: it owns the database and admits the application servers whose names it knows.
 *
 * Resources: `docker_volume` and `docker_container` for its files, `docker_container` for the server, its certificate, and with
 * `dataRetention: "destroy"` a `docker_volume` for the data. The server is replaced when its configuration, image, port or
 * network changes; its data stays. Variables for `configFile`: `CLIENT_SYSTEMS` (empty unless set: any
 * host), `CA_ROOT`, `CA_SERVER`, `CA_PRIVATE_KEY`, `PRIVATE_KEY_TYPE`.
 */
export class EcpDataServer extends Construct implements IEcpDataServer {
  public readonly name: string;
  public readonly host: string;
  public readonly port: number;
  /** Host and superserver port, as application servers reach them: `data-server:1972`. */
  public readonly address: string;
  /** Number of application servers that are admitted without being told, and on IRIS connected at once. */
  public readonly maxAppServers: number;
  /** Name of the Docker volume with the data. */
  public readonly dataVolumeName: string;
  /** The resource that is the server, for what the properties do not cover: a `Container` on a `DockerHost`. */
  public readonly resource: TerraformResource;
  /** What another resource must depend on to come after this server is healthy. */
  public readonly dependsOn: readonly ITerraformDependable[];
  /** Seconds that it may take to be Normal. */
  public readonly startTimeoutSec: number;
  /** The mirror that it is a member of, where there is one. */
  public readonly mirror?: EcpMirrorOptions;

  /** Volumes that a backup reads while the server is frozen, each by the directory at which it is mounted; none where a copy is made for it. */
  public readonly frozenVolumes: Readonly<Record<string, string>>;

  private readonly reservedNames: ReadonlySet<string>;
  private readonly admitsLike?: EcpDataServer;
  private readonly additionalClients = new Set<string>();
  private readonly granted = new Map<string, 'read' | 'write'>();
  private readonly canRefuseWrites: boolean;
  private readonly mount: EcpServerHandle['addVolume'];
  private readonly measured: Measured;

  /**
   * A data server that something else runs: another stack or another tool. It must admit the application servers. Nothing is made.
   *
   * @throws Error when a name, an address or a port is malformed or not known at synth.
   */
  public static fromExistingDataServer(
    scope: Construct,
    id: string,
    attributes: EcpDataServerAttributes,
  ): IEcpDataServer {
    return new ExistingDataServer(scope, id, attributes);
  }

  /** @throws Error when a property or the configuration document breaks a rule. */
  constructor(scope: Construct, id: string, props: EcpDataServerProps) {
    super(scope, id);
    requireKnownProps(
      props,
      ...(['configFile', 'allowInsecure', 'volumes', 'dataRetention', 'additionalClients'] as const),
      ...(['journalVolume', 'alternateJournalVolume', 'dataVolume'] as const),
    );
    const platform: IEcpPlatform = props.platform ?? new DockerHost();
    this.name = props.name ?? DATA_SERVER_NAME;
    this.mirror = props.mirror;
    this.admitsLike = props.admitsLike;
    requireName('name', this.name);
    if (props.mirror) requireMembership(this.name, props.mirror, props, platform);
    this.measured = { clusterName: props.clusterName, engine: props.image.engine, server: this.name };
    this.canRefuseWrites = props.image.features?.readOnlyClients ?? false;
    const maxAppServers = props.maxAppServers ?? 16;
    requireKnownWholeNumber('maxAppServers', maxAppServers, 1, MAX_SERVER_CONNECTIONS, 'the range of MaxServerConn');
    this.maxAppServers = maxAppServers;
    const reserved = reservedAppServerNames(maxAppServers);
    this.reservedNames = new Set(reserved);
    for (const name of props.additionalClients ?? []) this.allowAppServer(name);
    const volumes = volumesOf(props);
    const superserver = props.publish && publishedSuperserver(props.publish);
    this.host = props.publish?.address ?? this.name;
    this.port = superserver?.port ?? SUPERSERVER_PORT;
    this.address = `${this.host}:${this.port}`;
    if (props.dataRetention === 'destroy' && platform.schedules)
      throw new Refusal(
        "'dataRetention' must be 'retain' on a swarm, whose volumes are each on one node and no resources, got 'destroy'; take it out",
      );

    this.dataVolumeName = props.dataVolume ?? memberVolumeName(props.clusterName, this.name, props.mirror);
    requireOwnDataVolume(this, {
      name: this.dataVolumeName,
      chosen: props.dataVolume,
      others: {
        ...volumes,
        [BACKUP_DIRECTORY]: backupVolumeName(props.clusterName),
        [FILES_DIRECTORY]: deliveryName(props.clusterName, this.name),
      },
      provider: platform.provider,
    });
    const dataVolume =
      props.dataRetention === 'destroy'
        ? new Volume(this, 'data', {
            name: this.dataVolumeName,
            labels: [{ label: LABELS.cluster, value: props.clusterName }],
            provider: platform.provider,
            lifecycle: {
              // Every attribute of a volume forces another one in its place, and Docker's own volume has no label.
              ignoreChanges: 'all',
              // A tainted one is then found again before the old one goes, which Docker refuses: the data server uses it.
              createBeforeDestroy: true,
            },
          })
        : undefined;
    if (dataVolume) refuseRenamedVolume(dataVolume, this.dataVolumeName);
    else if (props.dataVolume !== undefined) rememberDataVolume(this, 'data-volume', props.dataVolume);

    const certificate = props.pki.issueCertificate(this.name, {
      role: 'data-server',
      isMirrored: props.mirror && true,
      // Of an address too: HAProxy compares with these alone.
      dnsNames: [...new Set([this.name, `${props.clusterName}-${this.name}`, this.host])],
      ipAddresses: isAddress(this.host) ? [this.host] : undefined,
    });
    const keyAlgorithm = keyAlgorithmOf(certificate);
    const { resource, dependables, startTimeoutSec, addVolume } = defineServer(this, {
      clusterName: props.clusterName,
      name: this.name,
      role: 'data-server',
      image: props.image,
      network: props.network,
      certificate,
      mirror: props.mirror,
      keyAlgorithm,
      config: renderConfigDocument({
        file: props.configFile ?? DEFAULT_CONFIG_FILE['data-server'],
        role: 'data-server',
        allowInsecure: props.allowInsecure ?? false,
        engine: props.image,
        keyAlgorithm,
        durableDirectories: [DURABLE_DIRECTORY, ...Object.keys(volumes)],
        mirrorName: props.mirror?.name,
        variables: {
          // Any host: the names of application servers cannot be resolved before they are there (class reference of Security.Services,
          // ValidateClientSystemsIP), and mutual TLS with authorised subjects decides.
          CLIENT_SYSTEMS: '',
          PRIVATE_KEY_TYPE: PRIVATE_KEY_TYPE[keyAlgorithm],
          CA_ROOT: `${FILES_DIRECTORY}/${FILES.caBundle}`,
          CA_SERVER: `${FILES_DIRECTORY}/${FILES.certificate}`,
          CA_PRIVATE_KEY: `${FILES_DIRECTORY}/${FILES.privateKey}`,
          ...props.configVariables,
        },
      }),
      authorizedClients: () => this.authorizedClients,
      maxConnections: maxAppServers,
      // Of a volume that is yet to be adopted the name is known, the id is not: that would replace the data server.
      dataVolumeName: dataVolume?.name ?? this.dataVolumeName,
      volumes,
      ...(props.journalVolume === undefined ? {} : { journalDirectory: JOURNAL_DIRECTORY }),
      ...(props.alternateJournalVolume === undefined ? {} : { alternateJournalDirectory: ALTERNATE_JOURNAL_DIRECTORY }),
      ...(props.mirror
        ? { files: [mirrorMembersFile(props.mirror)], environment: mirrorEnvironment(props.mirror) }
        : {}),
      defaultMemoryMiB: 256,
      options: props,
      after: props.after,
      superserver,
      platform,
    });
    this.frozenVolumes = props.image.features?.freezesFiles
      ? { [DURABLE_DIRECTORY]: this.dataVolumeName, ...volumes }
      : {};
    this.resource = resource;
    this.dependsOn = dependables;
    this.startTimeoutSec = startTimeoutSec;
    this.mount = addVolume;
    const { network, pki } = props;
    noteDataServer(this, {
      ...{ name: this.name, network, pki, certificate },
      admits: name => this.admittedNames.includes(name),
    });
  }

  /**
   * The server's container on a `DockerHost`.
   *
   * @deprecated Use `resource`, which every platform has.
   * @throws Error on another platform.
   */
  public get container(): Container {
    return requireContainer(this.resource);
  }

  /** Names of all application servers that are admitted, reserved ones first. */
  public get admittedNames(): string[] {
    return this.admitsLike?.admittedNames ?? [...this.reservedNames, ...this.additionalClients];
  }

  /**
   * Mounts a Docker volume beside those of `volumes`. As any change of a mount it replaces the server's container; the data stays.
   *
   * @throws Error on a platform that cannot, such as a swarm.
   */
  public addVolume(directory: string, volume: string): void {
    if (!this.mount)
      throw new Refusal(
        "'backup' must be left out on a platform that adds no volume to a data server; take it out, or use a DockerHost or a Swarm",
      );
    this.mount(directory, volume);
  }

  /**
   * Admits the application server `name`, whose certificate's subject is `CN=<name>`. A reserved name is admitted already.
   *
   * @throws Error when the name cannot be a host name or is the data server's own.
   */
  public allowAppServer(name: string): void {
    requireName('additionalClients', name);
    if (this.admitsLike) return this.admitsLike.allowAppServer(name);
    if (name === this.name || this.mirror?.members.includes(name))
      throw new Refusal(`'additionalClients' must name application servers, got '${name}', the data server`);
    if (!this.reservedNames.has(name)) this.additionalClients.add(name);
  }

  /**
   * Admits application servers, as `allowAppServer` does: an `EcpAppServer`, whatever stack it is in, or a name.
   *
   * @throws Error as `allowAppServer`.
   */
  public allowFrom(...subjects: readonly EcpSubject[]): void {
    for (const subject of subjects) this.allowAppServer(nameOf(subject));
  }

  /**
   * Admits application servers that may read and not write, unless `grantWrite` names them too. A change delivers the data server's files
   * again; sessions that it concerns end. The rehearsal engine only.
   *
   * @throws Error as `allowAppServer`, and for an engine that cannot refuse writes.
   */
  public grantRead(...subjects: readonly EcpSubject[]): void {
    if (!this.canRefuseWrites)
      throw new Refusal(
        `'grantRead' must be left out for the engine '${this.measured.engine}', which lets whoever is admitted write; take it out, or give them a data server of their own`,
      );
    if (this.admitsLike) return this.admitsLike.grantRead(...subjects);
    this.allowFrom(...subjects);
    for (const name of subjects.map(nameOf)) if (!this.granted.has(name)) this.granted.set(name, 'read');
  }

  /** Admits application servers that may read and write, which others do that are admitted, unless `grantRead` names them. */
  public grantWrite(...subjects: readonly EcpSubject[]): void {
    if (this.admitsLike) return this.admitsLike.grantWrite(...subjects);
    this.allowFrom(...subjects);
    for (const name of subjects.map(nameOf)) this.granted.set(name, 'write');
  }

  private get authorizedClients(): string {
    if (this.admitsLike) return this.admitsLike.authorizedClients;
    const mark = (name: string): string => (this.granted.get(name) === 'read' ? READ_ONLY : '');
    return this.admittedNames.map(name => `${mark(name)}CN=${name}\n`).join('');
  }

  /** A selector of PromQL for a series of this server: its own, or one that your Prometheus has of it. */
  public metric(series: string, labels?: Readonly<Record<string, string>>): string {
    return selectorOf(this.measured, series, labels);
  }

  /** 1 while the server is Normal, else 0; of InterSystems IRIS whether it answers. By a rule of the package's `rules.yml`. */
  public metricNormal(): string {
    return selectorOf(this.measured, 'ecp:server:normal');
  }

  /** When the server was started, in seconds since 1970. The rehearsal engine only. */
  public metricStartTime(): string {
    return ownSelectorOf(this.measured, 'metricStartTime', 'ecp_server_start_timestamp_seconds');
  }

  /** What is left of its certificate's life, from 1 to 0. By a rule of the package's `rules.yml`. The rehearsal engine only. */
  public metricCertificateRemaining(): string {
    return ownSelectorOf(this.measured, 'metricCertificateRemaining', 'ecp:certificate:remaining_ratio');
  }

  /** Clients that it has refused since its start. The rehearsal engine only. */
  public metricRefusedClients(): string {
    return ownSelectorOf(this.measured, 'metricRefusedClients', 'ecp_refused_clients_total');
  }

  /** What is free of the data volume's file system, from 1 to 0. By a rule of the package's `rules.yml`. The rehearsal engine only. */
  public metricDataVolumeFree(): string {
    return ownSelectorOf(this.measured, 'metricDataVolumeFree', 'ecp:data_volume:free_ratio');
  }
}

/** Members share nothing but the network. */
function requireMembership(
  name: string,
  mirror: EcpMirrorOptions,
  props: EcpDataServerProps,
  platform: IEcpPlatform,
): void {
  requireMirror(mirror, props.image, platform);
  if (!mirror.members.includes(name))
    throw new Refusal(
      `'name' must be that of a member of 'mirror', got '${name}' beside ${mirror.members.join(' and ')}; correct one of the two`,
    );
  if (props.dataRetention === 'destroy')
    throw new Refusal(
      "'dataRetention' must be 'retain' in a mirror, where a plan that takes the mirror off would remove the data, got 'destroy'; take it out",
    );
  const { publish, volumes, journalVolume, alternateJournalVolume } = props;
  for (const [prop, value] of Object.entries({ publish, volumes, journalVolume, alternateJournalVolume }))
    if (value !== undefined && Object.keys(value).length > 0)
      throw new Refusal(
        `'${prop}' must be left out in a mirror, whose members share nothing but the network, got ${JSON.stringify(value)}; take it out`,
      );
}

function nameOf(subject: EcpSubject): string {
  return typeof subject === 'string' ? subject : subject.name;
}

/** All volumes beside that of the data. */
function volumesOf({
  image,
  volumes,
  journalVolume,
  alternateJournalVolume,
}: EcpDataServerProps): Record<string, string> {
  const journals = { journalVolume, alternateJournalVolume };
  for (const [prop, volume] of Object.entries(journals))
    if (volume !== undefined && !image.features?.journalVolumes)
      throw new Refusal(
        `'${prop}' must be left out for the engine '${image.engine}', whose journals lie with the data, got '${volume}'; take it out`,
      );
  for (const [directory, volume] of [
    [JOURNAL_DIRECTORY, journalVolume],
    [ALTERNATE_JOURNAL_DIRECTORY, alternateJournalVolume],
  ] as const)
    if (volume !== undefined && volumes?.[directory] !== undefined)
      throw new Refusal(
        `'volumes' must leave '${directory}' to 'journalVolume' and 'alternateJournalVolume', got '${volumes[directory]}' there; take it out`,
      );
  return {
    ...volumes,
    ...(journalVolume === undefined ? {} : { [JOURNAL_DIRECTORY]: journalVolume }),
    ...(alternateJournalVolume === undefined ? {} : { [ALTERNATE_JOURNAL_DIRECTORY]: alternateJournalVolume }),
  };
}
