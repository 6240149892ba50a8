import type { Container } from '@cdktf/provider-docker/lib/container';
import type { ITerraformDependable, TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { FILES, FILES_DIRECTORY } from '../contract/contract';
import { serverVolumeName } from '../contract/names';
import { Refusal } from '../contract/refusal';
import type { IEcpDataServer } from './ecp-data-server';
import type { EcpImage } from './ecp-image';
import type { EcpMirrorOptions } from './ecp-mirror';
import type { IEcpNetwork } from './ecp-network';
import type { IEcpPki } from './ecp-pki';
import { DockerHost, requireContainer } from './platform/docker-host';
import type { IEcpPlatform } from './platform/ecp-platform';
import { DEFAULT_CONFIG_FILE, renderConfigDocument } from './private/config-document';
import { guardFit } from './private/fitting';
import { ownSelectorOf, selectorOf, type Measured } from './private/metrics';
import { PRIVATE_KEY_TYPE } from './private/iris-rules';
import { keyAlgorithmOf } from './private/key-algorithm';
import { followEnvironment } from './private/mirror';
import { requireUniqueHosts } from './private/remote-databases';
import { defineServer, type EcpServerOptions } from './private/server';
import { requireKnownProps } from './private/validate';

/** What a user may set for an application server. */
export interface EcpAppServerOptions extends EcpServerOptions {
  /**
   * Gives the server a Docker volume of its own, `<cluster>-<name>.data`, that keeps its namespaces, users and local databases when it is
   * replaced. The volume is not a Terraform resource: no plan deletes it. InterSystems IRIS only.
   *
   * @default false
   * @see https://docs.intersystems.com/irislatest/csp/docbook/DocBook.UI.Page.cls?KEY=ADOCK
   */
  readonly durable?: boolean;
  /**
   * Databases beside that of `dataServer`, of it or of other data servers, and the globals that live there. They are added to the config
   * file. A data server must admit this server and trust its certificate. The rehearsal engine has one database a data server.
   *
   * @default - none
   * @see https://docs.intersystems.com/irislatest/csp/docbook/DocBook.UI.Page.cls?KEY=GSCALE
   */
  readonly remoteDatabases?: readonly EcpRemoteDatabase[];
}

/** A database of a data server, as an application server uses it. */
export interface EcpRemoteDatabase {
  /** Name of the database on the application server. */
  readonly name: string;
  /** Data server that owns it. Two of them need different names: `{ ...dataServer, name: 'stock' }`. */
  readonly dataServer: IEcpDataServer;
  /**
   * Directory of the database on the data server.
   *
   * @default "/durable/iris/mgr/myappdata/"
   */
  readonly directory?: string;
  /** Globals that live there: names, or prefixes and `*`. */
  readonly globals: readonly string[];
  /**
   * Namespace in which they are mapped.
   *
   * @default "USER"
   */
  readonly namespace?: string;
  /**
   * Network of the data server, which the application server joins too.
   *
   * @default - its own
   */
  readonly network?: IEcpNetwork;
}

/** Properties of `EcpAppServer`. */
export interface EcpAppServerProps extends EcpAppServerOptions {
  /** Name of the cluster. */
  readonly clusterName: string;
  /**
   * Name of the server: host name, certificate subject and last part of the container's name. The data server must admit it.
   */
  readonly name: string;
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
  /** Where the certificate comes from: the authority that the data server trusts. */
  readonly pki: IEcpPki;
  /** Data server to connect to. */
  readonly dataServer: IEcpDataServer;
}

/**
 * An application server: globals that its configuration maps to a remote database live on the data server.
 *
 * Resources: `docker_volume` and `docker_container` for its files, `docker_container` for the server, its certificate. It keeps no
 * data and is replaced when its configuration, image, port or network changes. Variables for `configFile`: `CA_ROOT`,
 * `CA_CLIENT`, `CA_PRIVATE_KEY`, `PRIVATE_KEY_TYPE`, `DATASERVER_NAME`, `DATASERVER_IP`, `DATASERVER_PORT`, `REMOTE_DB_NAME`.
 */
export class EcpAppServer extends Construct {
  /** Name of the server. */
  public readonly name: string;
  /** The resource that is the server, for what the properties do not cover: a `Container` on a `DockerHost`. */
  public readonly resource: TerraformResource;
  /** What another resource must depend on to come after this server is healthy. */
  public readonly dependsOn: readonly ITerraformDependable[];
  /** Seconds that it may take to be Normal. */
  public readonly startTimeoutSec: number;

  private readonly measured: Measured;

  /** @throws Error when a property or the configuration document breaks a rule. */
  constructor(scope: Construct, id: string, props: EcpAppServerProps) {
    super(scope, id);
    requireKnownProps(props, 'configFile', 'allowInsecure', 'volumes', 'durable');
    for (const database of props.remoteDatabases ?? [])
      requireKnownProps(database, 'name', 'directory', 'globals', 'namespace');
    this.name = props.name;
    this.measured = { clusterName: props.clusterName, engine: props.image.engine, server: props.name };
    if (props.durable && !props.image.features?.durableAppServers)
      throw new Refusal(
        `'durable' must be left out for the engine '${props.image.engine}', whose application servers keep nothing, got true; take it out`,
      );
    const certificate = props.pki.issueCertificate(props.name, {
      role: 'app-server',
      dnsNames: [props.name, `${props.clusterName}-${props.name}`],
    });
    const keyAlgorithm = keyAlgorithmOf(certificate);
    const remoteDatabases = props.remoteDatabases ?? [];
    requireUniqueHosts(props.dataServer.host, remoteDatabases);
    const { mirror } = props.dataServer;
    requireNoOtherMirror(mirror, remoteDatabases);
    const config = renderConfigDocument({
      file: props.configFile ?? DEFAULT_CONFIG_FILE['app-server'],
      role: 'app-server',
      allowInsecure: props.allowInsecure ?? false,
      engine: props.image,
      keyAlgorithm,
      remoteDatabases,
      mirrorAddress: mirror && props.dataServer.host,
      mirrorName: mirror?.name,
      variables: {
        CA_ROOT: `${FILES_DIRECTORY}/${FILES.caBundle}`,
        CA_CLIENT: `${FILES_DIRECTORY}/${FILES.certificate}`,
        CA_PRIVATE_KEY: `${FILES_DIRECTORY}/${FILES.privateKey}`,
        PRIVATE_KEY_TYPE: PRIVATE_KEY_TYPE[keyAlgorithm],
        DATASERVER_NAME: props.dataServer.name,
        DATASERVER_IP: props.dataServer.host,
        DATASERVER_PORT: String(props.dataServer.port),
        REMOTE_DB_NAME: 'myappdata',
        ...props.configVariables,
      },
    });
    const { resource, dependables, startTimeoutSec } = defineServer(this, {
      clusterName: props.clusterName,
      name: props.name,
      role: 'app-server',
      image: props.image,
      network: props.network,
      certificate,
      keyAlgorithm,
      config,
      // 2 is IRIS's default of MaxServers (Configuration Parameter File Reference, [config]).
      maxConnections: Math.max(2, config.dataServers),
      dataVolumeName: props.durable ? serverVolumeName(props.clusterName, props.name) : undefined,
      volumes: props.volumes ?? {},
      ...(mirror ? { environment: followEnvironment(mirror.members) } : {}),
      defaultMemoryMiB: 128,
      options: props,
      platform: props.platform ?? new DockerHost(),
      // A data server that does not come up then fails alone, with its own reason.
      after: [props.dataServer, ...remoteDatabases.map(({ dataServer }) => dataServer)].flatMap(
        ({ dependsOn }) => dependsOn ?? [],
      ),
      furtherNetworks: remoteDatabases.flatMap(({ network }) => network ?? []),
    });
    guardFit(this, {
      ...{ name: this.name, pki: props.pki, certificate },
      networks: [props.network, ...remoteDatabases.flatMap(({ network }) => network ?? [])],
      dataServers: [props.dataServer, ...remoteDatabases.map(({ dataServer }) => dataServer)],
    });
    this.resource = resource;
    this.dependsOn = dependables;
    this.startTimeoutSec = startTimeoutSec;
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
}

/** An application server follows one mirror, that of its own data server. */
function requireNoOtherMirror(own: EcpMirrorOptions | undefined, databases: readonly EcpRemoteDatabase[]): void {
  for (const { name, dataServer, network } of databases) {
    if (own && network)
      throw new Refusal(
        `'remoteDatabases' must be in the network of the mirror '${own.name}', whose members may have names there that another network has too, got '${name}' in another; let one network have both`,
      );
    if (dataServer.mirror)
      throw new Refusal(
        `'remoteDatabases' must be of data servers without a mirror, got '${name}' of the mirror '${dataServer.mirror.name}'; map its globals in 'configFile' of the mirror's own application servers`,
      );
  }
}
