import type { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { TerraformStack, Token } from 'cdktf';
import { Construct } from 'constructs';
import { BACKUP_NAME } from '../contract/backup';
import { ARBITER_NAME, DATA_SERVER_NAME, MAX_SERVER_CONNECTIONS } from '../contract/contract';
import { ENTRY_POINT_NAME } from '../contract/entry-point';
import { parseCidr, roomOf } from '../contract/ipv4-range';
import { ALERTMANAGER, MONITORING_NAME, PROMETHEUS } from '../contract/monitoring';
import { FILES_SUFFIX, WEB_SUFFIX } from '../contract/names';
import { reachableAddress } from '../contract/reachable-address';
import { Refusal } from '../contract/refusal';
import { EcpAppServer, type EcpAppServerOptions } from './ecp-app-server';
import { EcpArbiter } from './ecp-arbiter';
import { EcpBackup, type EcpBackupOptions } from './ecp-backup';
import { outputsOf, type EcpOutputs } from './ecp-outputs';
import { EcpDataServer, type EcpDataServerOptions } from './ecp-data-server';
import { EcpEntryPoint, type EcpEntryPointOptions } from './ecp-entry-point';
import type { EcpImage } from './ecp-image';
import type { EcpMirrorOptions } from './ecp-mirror';
import { EcpMonitoring, type EcpMonitoringOptions } from './ecp-monitoring';
import { EcpNetwork, type IEcpNetwork } from './ecp-network';
import { EcpPki, type IEcpPki } from './ecp-pki';
import { EcpWebGateway, type EcpWebGatewayOptions } from './ecp-web-gateway';
import { DockerHost } from './platform/docker-host';
import type { IEcpPlatform } from './platform/ecp-platform';
import { requireOwnClusterName } from './private/cluster-names';
import { withShared, type EcpContainerOptions } from './private/container-options';
import { selectorOf, type Measured } from './private/metrics';
import { requireMirror } from './private/mirror';
import { movedFrom } from './moved-from';
import { requireKnown, requireKnownProps, requireName, requirePort } from './private/validate';
import { requireWebAddress, withSharedAddress, type EcpWebAddress } from './private/web-address';
import { RehearsalImage } from './rehearsal-image';

/** Properties of `EcpCluster`. What it has in common with a server holds for all of its containers, unless a server says otherwise. */
export interface EcpClusterProps extends EcpContainerOptions, EcpWebAddress {
  /**
   * Name of the cluster: its network and the first part of all names in Docker.
   *
   * @default "ecp"
   */
  readonly clusterName?: string;
  /**
   * Names of the application servers.
   *
   * @default ["app-server-1", "app-server-2"]
   */
  readonly appServers?: readonly string[];
  /**
   * Makes the data server a mirror of two, of which one takes over when the other fails. Turned on or off later it replaces all servers. The
   * first member has the data volume of a cluster without a mirror. On one Docker host only, and not with `hosts` or, for
   * engines with a web server, `webGateway`. On InterSystems IRIS unproven.
   *
   * @default - one data server
   */
  readonly mirror?: EcpMirrorOptions;
  /**
   * Settings of the data server, or of both members of the mirror, of which the second one has the next `webPort`.
   *
   * @default - those of `EcpDataServer`, with web port 81 where there is a web server
   */
  readonly dataServerOptions?: EcpDataServerOptions;
  /**
   * Settings of every application server.
   *
   * @default - those of `EcpAppServer`
   */
  readonly appServerOptions?: Omit<EcpAppServerOptions, 'webPort'>;
  /**
   * `app-server-N` has web port `appServerWebPortBase` + N. Servers with other names publish none unless set.
   *
   * @default 8100 where there is a web server and no `entryPoint`
   */
  readonly appServerWebPortBase?: number;
  /**
   * Engine of all servers.
   *
   * @default - a `RehearsalImage`
   */
  readonly image?: EcpImage;
  /**
   * Lets web gateways publish the web ports, for an image without web server (InterSystems IRIS since 2023.2).
   *
   * @default - the servers publish their own
   */
  readonly webGateway?: EcpWebGatewayOptions;
  /**
   * Takes backups of the data server, as `addBackup` does.
   *
   * @default - none are taken
   */
  readonly backup?: EcpBackupOptions;
  /**
   * Puts one address before the application servers, as `addEntryPoint` does.
   *
   * @default - there is none
   */
  readonly entryPoint?: EcpEntryPointOptions;
  /**
   * Watches the cluster by Prometheus, as `addMonitoring` does.
   *
   * @default - it is not watched
   */
  readonly monitoring?: EcpMonitoringOptions;
  /**
   * Network of all servers.
   *
   * @default - an `EcpNetwork` of the cluster's name
   */
  readonly network?: IEcpNetwork;
  /**
   * Subnet of the network that the cluster makes, in CIDR notation. A change replaces all servers. Not with `network`.
   *
   * @default - Docker chooses
   */
  readonly subnet?: string;
  /**
   * Where certificates come from.
   *
   * @default - an `EcpPki` that serves this cluster alone
   */
  readonly pki?: IEcpPki;
  /**
   * Algorithm of the keys of the PKI that the cluster makes. A change replaces the authority and all keys at once. Not with `pki`.
   *
   * @default - that of the image: "ECDSA" for a `RehearsalImage`, "RSA" for an `IrisImage`
   */
  readonly keyAlgorithm?: 'RSA' | 'ECDSA';
  /**
   * Where all servers run.
   *
   * @default - a `DockerHost`
   */
  readonly platform?: IEcpPlatform;
  /**
   * Docker hosts of servers that run elsewhere than on the stack's own, by the names of the servers: providers with an alias. They need a
   * network that spans hosts (`network`), or the data server's port (`publish` of `dataServerOptions`).
   *
   * @default - all servers run on the stack's own host
   */
  readonly hosts?: Readonly<Record<string, DockerProvider>>;
}

/** Prometheus and Alertmanager: each has an address in the network. */
const MONITORING_CONTAINERS = 2;

const DEFAULT_APP_SERVERS: readonly string[] = ['app-server-1', 'app-server-2'];

/**
 * A distributed cache cluster: one data server, its application servers, and between them ECP over mutual TLS.
 *
 * @example
 * new EcpCluster(stack, 'cluster', { appServers: ['app-server-1', 'app-server-2', 'app-server-3'] });
 */
export class EcpCluster extends Construct {
  /** Name of the cluster. */
  public readonly clusterName: string;
  /** Where the servers' certificates come from. */
  public readonly pki: IEcpPki;
  /** Network of all servers. */
  public readonly network: IEcpNetwork;
  /** Engine of all servers. */
  public readonly image: EcpImage;
  /** Where the servers run that `hosts` does not name. */
  public readonly platform: IEcpPlatform;
  /** The data server; in a mirror its first member. */
  public readonly dataServer: EcpDataServer;
  /** All data servers: one, or the two members of the mirror. */
  public readonly dataServers: readonly EcpDataServer[];
  /** The mirror's arbiter, where there is one. */
  public readonly arbiter?: EcpArbiter;
  /** The web gateways, where there are any. */
  public readonly webGateway?: EcpWebGateway;

  private ownEntryPoint?: EcpEntryPoint;
  private ownMonitoring?: EcpMonitoring;
  private readonly hosts: Readonly<Record<string, DockerProvider>>;
  private readonly hostNetworks = new Map<DockerProvider | undefined, IEcpNetwork>();
  private readonly isPublished: boolean;
  private readonly mirror?: EcpMirrorOptions;
  private readonly servers = new Map<string, EcpAppServer>();
  private readonly webPorts = new Map<number, string>();
  private readonly webUrls = new Map<string, string>();
  private readonly appServerOptions: EcpAppServerOptions;
  private readonly shared: EcpContainerOptions & EcpWebAddress;
  private readonly appServerWebPortBase: number | undefined;

  /** @throws Error when a property breaks a rule or two servers have the same name. */
  constructor(scope: Construct, id: string, props: EcpClusterProps = {}) {
    super(scope, id);
    this.clusterName = props.clusterName ?? 'ecp';
    requireName('clusterName', this.clusterName);
    requireKnownProps(props, 'appServers', 'appServerWebPortBase');
    for (const name of Object.keys(props.hosts ?? {})) requireKnown('hosts', name);
    this.platform = props.platform ?? new DockerHost();
    this.appServerOptions = props.appServerOptions ?? {};
    this.shared = props;
    if (props.appServerWebPortBase !== undefined) requirePort('appServerWebPortBase', props.appServerWebPortBase);

    const { clusterName } = this;
    requireOwn(props);
    this.image = props.image ?? new RehearsalImage(this, 'image');
    this.pki =
      props.pki ?? new EcpPki(this, 'pki', { clusterName, algorithm: props.keyAlgorithm ?? this.image.keyAlgorithm });
    this.hosts = props.hosts ?? {};
    this.isPublished = props.dataServerOptions?.publish !== undefined;
    this.mirror = props.mirror;
    if (props.mirror) requireMirrorAlone(props.mirror, props, this.image, this.platform);
    this.validateHosts(props);
    requireOwnClusterName(this, clusterName, this.platformOf(DATA_SERVER_NAME).provider);
    this.network = props.network ?? this.makeNetwork(props.subnet);
    const appServers = props.appServers ?? DEFAULT_APP_SERVERS;
    this.validateRoom(
      appServers.length,
      props.webGateway !== undefined,
      (props.entryPoint ? 1 : 0) + (props.monitoring ? MONITORING_CONTAINERS : 0),
    );
    if (props.webGateway)
      this.webGateway = new EcpWebGateway(this, 'web-gateway', {
        ...props.webGateway,
        ...withShared(props.webGateway, this.shared),
        clusterName,
        network: this.network,
      });
    const hasWeb = !this.platform.schedules && (this.webGateway !== undefined || this.image.hasWebServer !== false);
    this.appServerWebPortBase = props.appServerWebPortBase ?? (hasWeb && !props.entryPoint ? 8100 : undefined);
    const dataServerOptions = {
      webPort: hasWeb ? 81 : undefined,
      ...props.dataServerOptions,
      ...withSharedAddress(props.dataServerOptions ?? {}, this.shared),
    };
    if (props.mirror?.arbiter) this.arbiter = this.makeArbiter(props.mirror);
    this.dataServers = this.makeDataServers(dataServerOptions);
    this.dataServer = this.dataServers[0]!;
    this.node.defaultChild = this.dataServer.resource;
    for (const name of appServers) this.addAppServer(name);
    if (props.backup) this.addBackup(props.backup);
    if (props.entryPoint) this.addEntryPoint(props.entryPoint);
    if (props.monitoring) this.addMonitoring(props.monitoring);
  }

  private makeArbiter(mirror: EcpMirrorOptions): EcpArbiter {
    return new EcpArbiter(this, ARBITER_NAME, {
      ...withShared({}, this.shared),
      clusterName: this.clusterName,
      mirror,
      pki: this.pki,
      network: this.network,
      image: this.image,
      platform: this.platform,
    });
  }

  /** The members of a mirror are made at once: neither waits for the other. */
  private makeDataServers(options: EcpDataServerOptions): EcpDataServer[] {
    const { clusterName, mirror } = this;
    const made: EcpDataServer[] = [];
    for (const [index, name] of (mirror?.members ?? [DATA_SERVER_NAME]).entries()) {
      const webPort = options.webPort === undefined || index === 0 ? options.webPort : options.webPort + index;
      if (index > 0 && webPort !== undefined) this.validateWebPort(name, webPort);
      const { dataVolume } = options;
      made.push(
        new EcpDataServer(this, name, {
          ...options,
          ...withShared(options, this.shared),
          webPort: this.publish(name, webPort, options),
          clusterName,
          pki: this.pki,
          network: this.networkOf(name),
          image: this.image,
          platform: this.platformOf(name),
          ...(mirror ? { name, mirror, after: this.arbiter?.dependsOn } : {}),
          ...(index > 0 ? { admitsLike: made[0], dataVolume: undefined } : { dataVolume }),
        }),
      );
    }
    // One container on the data volume at a time: Terraform stops the one of before first when it takes it for the same.
    if (mirror && mirror.members[0] !== DATA_SERVER_NAME && !this.node.tryFindChild(DATA_SERVER_NAME))
      movedFrom(made[0]!, [...this.idsFromStack(), DATA_SERVER_NAME].join('/'));
    return made;
  }

  private idsFromStack(): string[] {
    const stack = TerraformStack.of(this).node.path;
    return this.node.path.slice(stack === '' ? 0 : stack.length + 1).split('/');
  }

  /** All application servers, in the order in which they were added. */
  public get appServers(): EcpAppServer[] {
    return [...this.servers.values()];
  }

  /** Names and addresses of all parts, as one object, for an output of the stack. An application server that is added later is in the next one. */
  public get outputs(): EcpOutputs {
    return outputsOf(this, this.network.internal ? {} : Object.fromEntries(this.webUrls));
  }

  /** A selector of PromQL for a series of this cluster: all servers', or that of some by their labels. */
  public metric(series: string, labels?: Readonly<Record<string, string>>): string {
    return selectorOf(this.measured, series, labels);
  }

  /** How many of the servers are Normal, from 1 to 0. By a rule of the package's `rules.yml`. */
  public metricServersNormal(): string {
    return selectorOf(this.measured, 'ecp:servers_normal:ratio');
  }

  private get measured(): Measured {
    return { clusterName: this.clusterName, engine: this.image.engine };
  }

  /** The entry point, where there is one. */
  public get entryPoint(): EcpEntryPoint | undefined {
    return this.ownEntryPoint;
  }

  /** What watches the cluster, where there is something. */
  public get monitoring(): EcpMonitoring | undefined {
    return this.ownMonitoring;
  }

  /** Ports on the host at which the servers, the web gateways for them, the entry point and what watches them are published. */
  public get publishedWebPorts(): number[] {
    return this.network.internal ? [] : [...this.webPorts.keys()];
  }

  /**
   * Adds an application server; the data server admits it. A reserved name (`app-server-N` up to the data server's
   * `maxAppServers`) leaves the data server untouched, another name delivers its files again.
   *
   * @throws Error when the name or the web port is taken, when the name cannot be a host name, or when it has the reserved form
   * beyond `maxAppServers`.
   */
  public addAppServer(name: string, options: EcpAppServerOptions = {}): EcpAppServer {
    this.validateName(name);
    this.validateRoom(this.servers.size + 1, this.webGateway !== undefined, this.furtherContainers);
    this.validateConnections(this.servers.size + 1);
    const number = Number(/^app-server-([1-9]\d*)$/.exec(name)?.[1]);
    const { appServerWebPortBase } = this;
    const webPort =
      options.webPort ?? (number && appServerWebPortBase !== undefined ? appServerWebPortBase + number : undefined);
    if (webPort !== undefined) this.validateWebPort(name, webPort);
    const address = withSharedAddress(options, withSharedAddress(this.appServerOptions, this.shared));
    this.dataServer.allowAppServer(name);
    const dependsOn = this.dataServers.flatMap(each => each.dependsOn);
    const server = new EcpAppServer(this, name, {
      ...this.appServerOptions,
      ...options,
      ...withShared(options, withShared(this.appServerOptions, this.shared)),
      ...address,
      webPort: this.publish(name, webPort, address),
      clusterName: this.clusterName,
      name,
      pki: this.pki,
      network: this.networkOf(name),
      image: this.image,
      platform: this.platformOf(name),
      dataServer: this.mirror ? { ...this.dataServer, dependsOn } : this.dataServer,
    });
    this.servers.set(name, server);
    if (this.ownEntryPoint) this.enter(this.ownEntryPoint, server);
    if (this.ownMonitoring) this.watch(this.ownMonitoring, server);
    return server;
  }

  /**
   * Takes backups of the data server on a schedule. Adding them to a cluster that runs replaces the data server's container once: the two
   * share a volume.
   *
   * @throws Error when a property breaks a rule, a file is missing, or there are backups already.
   */
  public addBackup(options: EcpBackupOptions): EcpBackup {
    if (this.node.tryFindChild(BACKUP_NAME))
      throw new Refusal(
        "'backup' must be set once, and no application server can have that name; take the other one out",
      );
    const {
      clusterName,
      dataServers: [, otherMember],
      dataServer,
    } = this;
    return new EcpBackup(this, BACKUP_NAME, {
      ...options,
      ...withShared(options, this.shared),
      clusterName,
      dataServer,
      otherMember,
      image: this.image,
      network: this.networkOf(DATA_SERVER_NAME),
      platform: this.platformOf(DATA_SERVER_NAME),
    });
  }

  /**
   * Puts one address before all application servers, also those that are added later. Adding it to a cluster that runs replaces no server.
   *
   * @throws Error when a property breaks a rule, there is one already, or servers run where it cannot reach them.
   */
  public addEntryPoint(options: EcpEntryPointOptions): EcpEntryPoint {
    if (this.node.tryFindChild(ENTRY_POINT_NAME))
      throw new Refusal(
        "'entryPoint' must be set once, and no application server can have that name; take the other one out",
      );
    if (this.platform.schedules)
      throw new Refusal(
        `'entryPoint' must be left out on a swarm, whose servers move from host to host, got port ${options.port}; take it out`,
      );
    this.validateRoom(this.servers.size, this.webGateway !== undefined, this.furtherContainers + 1);
    for (const port of [options.port, options.superserverPort ?? options.port])
      this.validateWebPort(ENTRY_POINT_NAME, port);
    const entryPoint = new EcpEntryPoint(this, ENTRY_POINT_NAME, {
      ...this.besideDataServer(options),
    });
    for (const port of [options.port, options.superserverPort ?? options.port])
      this.webPorts.set(port, ENTRY_POINT_NAME);
    for (const server of this.servers.values()) this.enter(entryPoint, server);
    this.ownEntryPoint = entryPoint;
    return entryPoint;
  }

  /** Options of a container that asks all servers, with what it has by its place beside the data server. */
  private besideDataServer<T extends EcpContainerOptions>(options: T) {
    return {
      ...options,
      ...withShared(options, this.shared),
      clusterName: this.clusterName,
      network: this.networkOf(DATA_SERVER_NAME),
      image: this.image,
      hasWebGateways: this.webGateway !== undefined,
      provider: this.platformOf(DATA_SERVER_NAME).provider,
    };
  }

  private enter(entryPoint: EcpEntryPoint, server: EcpAppServer): void {
    if (this.networkOf(server.name) !== this.networkOf(DATA_SERVER_NAME))
      throw new Refusal(
        `'entryPoint' must be in the network of all application servers, got '${server.name}' on a host with another one; take it out, or let an overlay span the hosts`,
      );
    if (this.webGateway?.hasServer(server.name) === false) this.webGateway.addServer(server.name);
    entryPoint.addServer(server);
  }

  /**
   * Watches all servers, also those that are added later, by Prometheus and Alertmanager. Adding them to a cluster that runs replaces no server.
   *
   * @throws Error when a property breaks a rule, there is monitoring already, or servers run where it cannot reach them.
   */
  public addMonitoring(options: EcpMonitoringOptions = {}): EcpMonitoring {
    if (this.node.tryFindChild(MONITORING_NAME))
      throw new Refusal(
        "'monitoring' must be set once, and no application server can have that name; take the other one out",
      );
    if (this.platform.schedules)
      throw new Refusal(
        "'monitoring' must be left out on a swarm, got a Swarm as 'platform'; take it out and let a Prometheus of your own ask the servers (docs/metrics.md)",
      );
    this.validateRoom(this.servers.size, this.webGateway !== undefined, this.furtherContainers + MONITORING_CONTAINERS);
    const { prometheusPort = PROMETHEUS.port, alertmanagerPort = ALERTMANAGER.port } = options;
    for (const port of [prometheusPort, alertmanagerPort]) this.validateWebPort(MONITORING_NAME, port);
    const monitoring = new EcpMonitoring(this, MONITORING_NAME, {
      ...this.besideDataServer(options),
    });
    for (const port of [prometheusPort, alertmanagerPort]) this.webPorts.set(port, MONITORING_NAME);
    for (const server of [...this.dataServers, ...this.servers.values()]) this.watch(monitoring, server);
    this.ownMonitoring = monitoring;
    return monitoring;
  }

  private watch(monitoring: EcpMonitoring, server: EcpDataServer | EcpAppServer): void {
    const { name } = server;
    if (this.networkOf(name) !== this.networkOf(DATA_SERVER_NAME))
      throw new Refusal(
        `'monitoring' must be in the network of all servers, got '${name}' on a host with another one; take it out, or let an overlay span the hosts`,
      );
    if (this.webGateway?.hasServer(name) === false) this.webGateway.addServer(name);
    monitoring.addServer({ name, role: server instanceof EcpAppServer ? 'app-server' : 'data-server' });
  }

  private platformOf(name: string): IEcpPlatform {
    const provider = this.hosts[name];
    return provider ? new DockerHost({ provider }) : this.platform;
  }

  /** Servers on several hosts share an overlay, unless the data server's port is how they meet. */
  private makeNetwork(subnet: string | undefined): EcpNetwork {
    const { clusterName } = this;
    const provider = this.hosts[DATA_SERVER_NAME] ?? (this.platform.provider as DockerProvider | undefined);
    const spans = this.platform.schedules || (Object.keys(this.hosts).length > 0 && !this.isPublished);
    return new EcpNetwork(this, 'network', { clusterName, subnet, provider, driver: spans ? 'overlay' : undefined });
  }

  /** A network spans hosts or is one host's own, which other hosts then have too. */
  private networkOf(name: string): IEcpNetwork {
    const provider = this.hosts[name];
    if (this.network.driver === 'overlay' || provider === this.hosts[DATA_SERVER_NAME]) return this.network;
    let found = this.hostNetworks.get(provider);
    if (!found) {
      const { clusterName } = this;
      found = new EcpNetwork(this, `network-${provider?.alias ?? 'default'}`, { clusterName, provider });
      this.hostNetworks.set(provider, found);
    }
    return found;
  }

  private validateHosts({ hosts, platform, network, webGateway }: EcpClusterProps): void {
    if (hosts === undefined || Object.keys(hosts).length === 0) return;
    // Application servers may be added later.
    this.node.addValidation({ validate: () => this.strangersAmongHosts() });
    for (const [other, value] of Object.entries({ platform, webGateway }))
      if (value !== undefined)
        throw new Refusal(`'${other}' must be left out where 'hosts' says where servers run; take one of the two out`);
    if (network === undefined || network.driver === 'overlay' || this.isPublished) return;
    throw new Refusal(
      "'network' must span the hosts of 'hosts': an EcpNetwork with the driver 'overlay', or 'publish' in 'dataServerOptions'; leave it out, and an overlay is made",
    );
  }

  private strangersAmongHosts(): string[] {
    const servers = [DATA_SERVER_NAME, ...this.servers.keys()];
    return Object.keys(this.hosts)
      .filter(name => !servers.includes(name))
      .map(name => `'hosts' must name servers of the cluster, got '${name}'; servers are ${servers.join(', ')}`);
  }

  /** Notes the web port and lets a gateway publish it; returns what is left for the server itself to publish. */
  private publish(name: string, webPort: number | undefined, address: EcpWebAddress): number | undefined {
    if (webPort === undefined) return undefined;
    this.webPorts.set(webPort, name);
    this.webUrls.set(name, `http://${reachableAddress(requireWebAddress(address))}:${webPort}`);
    if (!this.webGateway) return webPort;
    this.webGateway.addServer(name, webPort, address);
    return undefined;
  }

  private validateName(name: string): void {
    if (this.servers.has(name)) throw new Refusal(`'appServers' must have different names, got '${name}' twice`);
    requireName('appServers', name);
    if (this.dataServers.some(server => server.name === name)) {
      throw new Refusal(`'appServers' must name application servers, got '${name}', the data server`);
    }
    if (this.node.tryFindChild(name)) {
      throw new Refusal(
        `'appServers' must not use the names of the cluster's other parts, got '${name}'; choose another`,
      );
    }
    if ([FILES_SUFFIX, WEB_SUFFIX].some(suffix => name.endsWith(suffix))) {
      throw new Refusal(
        `'appServers' must not end in '${FILES_SUFFIX}' or '${WEB_SUFFIX}', which name the containers beside a server, got '${name}'; choose another`,
      );
    }
    const maximum = this.dataServer.admittedNames.length;
    if (!/^app-server-[1-9]\d*$/.test(name) || this.dataServer.admittedNames.includes(name)) return;
    throw new Refusal(
      `'appServers' must stay below 'maxAppServers', got '${name}' with ${maximum} admitted; raise 'maxAppServers' (at most ${MAX_SERVER_CONNECTIONS}) or choose a name of another form`,
    );
  }

  /** The entry point and what watches the cluster. */
  private get furtherContainers(): number {
    return (this.ownEntryPoint ? 1 : 0) + (this.ownMonitoring ? MONITORING_CONTAINERS : 0);
  }

  /** Each server, each web gateway and each further container has an address; deliveries have no network. */
  private validateRoom(appServers: number, withWebGateways: boolean, further: number): void {
    const range = parseCidr(this.network.subnet ?? '');
    const dataServers = this.mirror ? 2 : 1;
    const needed = (dataServers + appServers) * (withWebGateways ? 2 : 1) + (this.mirror?.arbiter ? 1 : 0) + further;
    if (!range || needed <= roomOf(range)) return;
    throw new Refusal(
      `'subnet' must have room for ${needed} containers, got '${this.network.subnet}' with ${roomOf(range)} addresses beside Docker's own three; choose a larger one`,
    );
  }

  /** A name of another form is admitted beyond the reserved ones, but IRIS counts connections. The rehearsal engine does not. */
  private validateConnections(appServers: number): void {
    if (!this.image.features?.connectionLimit || appServers <= this.dataServer.maxAppServers) return;
    throw new Refusal(
      `'maxAppServers' must be at least ${appServers}, the number of application servers (it is MaxServerConn of IRIS), got ${this.dataServer.maxAppServers}; raise it (at most ${MAX_SERVER_CONNECTIONS})`,
    );
  }

  private validateWebPort(name: string, webPort: number): void {
    const holder = this.webPorts.get(webPort);
    if (holder === undefined) return;
    const got = Token.isUnresolved(webPort) ? 'one value of another resource' : webPort;
    throw new Refusal(
      `'webPort' must be different for each server, got ${got} for '${name}', which '${holder}' has; change 'appServerWebPortBase' or one of the two`,
    );
  }
}

/** @throws Error when something is said of a part that is brought along. */
function requireOwn({ network, subnet, pki, keyAlgorithm }: EcpClusterProps): void {
  requireKnown('keyAlgorithm', keyAlgorithm);
  if (network !== undefined && subnet !== undefined)
    throw new Refusal(
      `'subnet' must be left out beside 'network', which has its own, got '${subnet}'; give it to the EcpNetwork`,
    );
  if (pki !== undefined && keyAlgorithm !== undefined)
    throw new Refusal(
      `'keyAlgorithm' must be left out beside 'pki', which has its own, got '${keyAlgorithm}'; give 'algorithm' to the EcpPki`,
    );
}

/** @throws Error when the mirror is none, or is set beside something that mirrors do not have. */
function requireMirrorAlone(
  mirror: EcpMirrorOptions,
  { hosts, webGateway, dataServerOptions }: EcpClusterProps,
  image: EcpImage,
  platform: IEcpPlatform,
): void {
  requireMirror(mirror, image, platform);
  requireKnown('webPort', dataServerOptions?.webPort);
  // A gateway for each server where the engine has no web server.
  for (const [prop, value] of Object.entries({
    hosts,
    webGateway: image.hasWebServer === false ? undefined : webGateway,
  }))
    if (value !== undefined && Object.keys(value).length > 0)
      throw new Refusal(
        `'${prop}' must be left out of a cluster with a mirror, whose servers are on one Docker host and publish their own web ports, got it beside the mirror '${mirror.name}'; take one of the two out`,
      );
}
