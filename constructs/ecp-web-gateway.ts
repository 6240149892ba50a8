import { Container } from '@cdktf/provider-docker/lib/container';
import { Image } from '@cdktf/provider-docker/lib/image';
import { Lazy } from 'cdktf';
import { Construct } from 'constructs';
import { FILES_DIRECTORY, LABELS, SERVER_UID } from '../contract/contract';
import { containerName, WEB_SUFFIX } from '../contract/names';
import { Refusal } from '../contract/refusal';
import type { IEcpNetwork } from './ecp-network';
import { limits, restartAndLog } from './platform/container-settings';
import { defineDelivery, toLabels } from './platform/docker-delivery';
import type { EcpServerSpec } from './platform/server-spec';
import { guardAtApply, imageNameRule, portRule, processorRules, wholeNumberRule } from './private/apply-rules';
import { containerOptions, type EcpContainerOptions } from './private/container-options';
import { DAEMON_OWN } from './private/daemon-own';
import { KEEP_UNTIL_REPLACED } from './private/image-build';
import { requireProcessors } from './private/processors';
import { refuseOldNames } from './private/renamed';
import { shortHash, unplannedOf } from './private/unplanned';
import { requireFile, requireImageName, requireName, requirePort, requireWholeNumber } from './private/validate';
import { requireWebAddress, type EcpWebAddress } from './private/web-address';
import { webGatewayFiles } from './private/web-gateway-files';

/** What a user may set for web gateways. */
export interface EcpWebGatewayOptions extends EcpContainerOptions {
  /**
   * InterSystems Web Gateway image, with registry and tag. Its release should be that of the servers or newer.
   *
   * @default "containers.intersystems.com/intersystems/webgateway:2025.1"
   * @see https://docs.intersystems.com/irislatest/csp/docbook/DocBook.UI.Page.cls?KEY=ADOCK_iris_webgateway
   */
  readonly baseImage?: string;
  /**
   * Path of the file with the password of the account `CSPSystem`: the `passwordFile` of `IrisImage`.
   *
   * @default - InterSystems' own default password, which everyone knows
   * @see https://docs.intersystems.com/irislatest/csp/docbook/DocBook.UI.Page.cls?KEY=ADOCK_iris_webgateway
   */
  readonly passwordFile?: string;
  /**
   * Memory limit of each gateway in MiB. There is no swap beyond it. Changed in place.
   *
   * @default 256
   * @see https://docs.docker.com/engine/containers/resource_constraints/
   */
  readonly memoryMiB?: number;
  /**
   * Processors that each gateway may use at most; fractions are possible. A change replaces it.
   *
   * @default - all of the host
   * @see https://docs.docker.com/engine/containers/resource_constraints/
   */
  readonly cpus?: number;
  /**
   * Processors that each gateway runs on, in Linux's notation: `0-3` or `0,2`. A change replaces it.
   *
   * @default - all of the host
   * @see https://docs.docker.com/engine/containers/resource_constraints/
   */
  readonly cpuSet?: string;
}

/** Properties of `EcpWebGateway`. */
export interface EcpWebGatewayProps extends EcpWebGatewayOptions {
  /** Name of the cluster. */
  readonly clusterName: string;
  /** Network that the servers have joined. */
  readonly network: IEcpNetwork;
}

/** Pages for people: a server goes first when the processor is short. */
const CPU_SHARES = 512;

/** With `-web` behind it a host name. */
const LONGEST_NAME = 63 - WEB_SUFFIX.length;

/**
 * Web gateways for servers whose image has no web server, as InterSystems IRIS images since 2023.2: the management portal and
 * `/api/monitor/metrics` of each server at a port of its own. One container a server, since the portal's links are absolute and a
 * gateway that tells servers by path would break them. Untested on IRIS: docs/iris.md.
 *
 * Resources: `docker_image`, and for each server `docker_volume` and `docker_container` for its files and `docker_container` for the
 * gateway, on the Docker host, whatever the platform of the servers. A gateway keeps nothing and is replaced when its files, image, port or
 * network change. It has no certificate.
 */
export class EcpWebGateway extends Construct {
  /** The Docker image, for what the properties do not cover. */
  public readonly image: Image;

  private readonly clusterName: string;
  private readonly network: IEcpNetwork;
  private readonly passwordFile?: string;
  private readonly settings: Required<EcpContainerOptions> & Pick<EcpServerSpec, 'memoryMiB' | 'cpus' | 'cpuSet'>;

  /** @throws Error when a property breaks a rule or the password's file is missing. */
  constructor(scope: Construct, id: string, props: EcpWebGatewayProps) {
    super(scope, id);
    requireName('clusterName', props.clusterName);
    this.clusterName = props.clusterName;
    this.network = props.network;
    if (props.passwordFile !== undefined)
      this.passwordFile = requireFile('passwordFile', props.passwordFile, 'a file with one password');
    refuseOldNames(props);
    const { memoryMiB = 256, cpus, cpuSet } = props;
    requireWholeNumber('memoryMiB', memoryMiB, 32, 1048576, 'MiB');
    requireProcessors(props);
    this.settings = { ...containerOptions(props), memoryMiB, cpus, cpuSet };
    if (props.baseImage !== undefined) requireImageName('baseImage', props.baseImage);
    this.image = new Image(this, 'Resource', {
      name: props.baseImage ?? 'containers.intersystems.com/intersystems/webgateway:2025.1',
      keepLocally: true,
      lifecycle: KEEP_UNTIL_REPLACED,
    });
    guardAtApply(this.image, imageNameRule('baseImage', props.baseImage));
  }

  /**
   * Publishes the web pages of a server of this network at a port on the host, of 127.0.0.1 unless `address` says otherwise. An internal
   * network publishes nothing. Without a port they are for the network alone, such as for an entry point.
   *
   * @throws Error when the name cannot be a host name, has a gateway already, or the port or the address is none.
   */
  public addServer(name: string, webPort?: number, address: EcpWebAddress = {}): Container {
    requireName('name', name);
    if (name.length > LONGEST_NAME)
      throw new Refusal(
        `'name' must be at most ${LONGEST_NAME} characters with a web gateway, which is the host '<name>-web', got '${name}'; shorten it`,
      );
    if (webPort !== undefined) requirePort('webPort', webPort);
    const bindAddress = requireWebAddress(address);
    if (this.node.tryFindChild(name))
      throw new Refusal(`'name' must be new to this gateway: '${name}' has one already`);
    const scope = new Construct(this, name);
    const host = `${name}${WEB_SUFFIX}`;
    const { files, before, content } = webGatewayFiles(name, this.passwordFile);
    const { volume, delivery } = defineDelivery(scope, {
      clusterName: this.clusterName,
      server: name,
      name: host,
      to: `the web gateway of '${name}'`,
      labels: this.settings.labels,
      image: this.image.imageId,
      files,
      // Root reads them in any case; who else the gateway may run as is unproven, and this is the user of InterSystems' other images.
      user: SERVER_UID,
      volumes: {},
      before,
    });
    const gateway: Container = new Container(scope, 'Resource', {
      name: containerName(this.clusterName, host),
      hostname: host,
      image: this.image.imageId,
      // Both variables: InterSystems, Running InterSystems Products in Containers, "Web Access Using the Web Gateway Container".
      env: [`ISC_CSP_CONF_FILE=${FILES_DIRECTORY}/CSP.conf`, `ISC_CSP_INI_FILE=${FILES_DIRECTORY}/CSP.ini`],
      volumes: [volume],
      networksAdvanced: [{ name: this.network.networkId }],
      ports:
        this.network.internal || webPort === undefined
          ? undefined
          : [{ internal: 80, external: webPort, ip: bindAddress, protocol: 'tcp' }],
      ...limits(this.settings, CPU_SHARES),
      ...restartAndLog(this.settings),
      labels: toLabels({
        [LABELS.cluster]: this.clusterName,
        [LABELS.server]: name,
        [LABELS.role]: 'web-gateway',
        ...(webPort === undefined ? {} : { [LABELS.web]: `${bindAddress}:${webPort}` }),
        // The gateway reads its files at its start: other files make another container, and so does what no plan looks at any more.
        [LABELS.files]: Lazy.stringValue({ produce: () => shortHash({ ...unplannedOf(gateway), content }) }),
        ...this.settings.labels,
      }),
      lifecycle: { ignoreChanges: ['ports', ...DAEMON_OWN] },
      dependsOn: [delivery],
    });
    const { memoryMiB } = this.settings;
    guardAtApply(
      gateway,
      wholeNumberRule('memoryMiB', memoryMiB, 32, 1048576, 'MiB'),
      processorRules(this.settings),
      portRule('webPort', webPort),
    );
    return gateway;
  }

  /** Whether a server has a gateway here. */
  public hasServer(name: string): boolean {
    return this.node.tryFindChild(name) !== undefined;
  }
}
