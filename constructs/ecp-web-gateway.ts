import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Container, type ContainerUpload } from '@cdktf/provider-docker/lib/container';
import { Image } from '@cdktf/provider-docker/lib/image';
import { Volume } from '@cdktf/provider-docker/lib/volume';
import { Lazy } from 'cdktf';
import { Construct } from 'constructs';
import type { IEcpNetwork } from './ecp-network';
import { DAEMON_OWN, LOGGING, attributesOf, overriddenOf } from './private/daemon-own';
import { LABELS, SUPERSERVER_PORT, WEB_ADDRESS } from '../contract/contract';
import { KEEP_UNTIL_REPLACED } from './private/image-build';
import { escapeForTerraform, hostFileUpload, textUpload } from './private/upload';
import { requireFile, requireImageName, requireName, requirePort } from './private/validate';

/** What a user may set for web gateways. */
export interface EcpWebGatewayOptions {
  /**
   * InterSystems Web Gateway image, with registry and tag. Its release should be that of the servers or newer.
   *
   * @default "containers.intersystems.com/intersystems/webgateway:2025.1"
   */
  readonly baseImage?: string;
  /**
   * Path of the file with the password of the account `CSPSystem`: the `passwordFile` of `IrisImage`.
   *
   * @default - InterSystems' own default password, which everyone knows
   */
  readonly passwordFile?: string;
}

/** Properties of `EcpWebGateway`. */
export interface EcpWebGatewayProps extends EcpWebGatewayOptions {
  /** Name of the cluster. */
  readonly clusterName: string;
  /** Network that the servers have joined. */
  readonly network: IEcpNetwork;
}

const FILES_TARGET = '/webgateway-files';
const FILES_SOURCE = '/delivery';
const SCRIPT = readFileSync(join(__dirname, 'private', 'compose-csp-ini.sh'), 'utf8');

/**
 * The gateway's configuration: one server, all paths. Sections and keys: intersystems-community/webgateway-examples, CSP.ini. The
 * superserver must take a gateway without TLS; both are on the cluster's network.
 */
const CSP_INI = (server: string): string => `[SYSTEM]
IRISCONNECT_LIBRARY_PATH=/opt/webgateway/bin
[SYSTEM_INDEX]
IRIS=Enabled
[IRIS]
Ip_Address=${server}
TCP_Port=${SUPERSERVER_PORT}
Username=CSPSystem
Password=
Connection_Security_Level=0
[APP_PATH_INDEX]
/=Enabled
/csp=Enabled
[APP_PATH:/]
Default_Server=IRIS
[APP_PATH:/csp]
Default_Server=IRIS
`;

/** Apache's part, after the same examples. Apache itself puts in the variable. */
const CSP_CONF = `CSPModulePath "\${ISC_PACKAGE_INSTALLDIR}/bin/"
CSPConfigPath "\${ISC_PACKAGE_INSTALLDIR}/bin/"
<Location />
    CSP On
</Location>
`;

/** With `-web` behind it a host name. */
const LONGEST_NAME = 63 - '-web'.length;

/**
 * Web gateways for servers whose image has no web server, as InterSystems IRIS images since 2023.2: the management portal and
 * `/api/monitor/metrics` of each server at a port of its own. One container a server, since the portal's links are absolute and a
 * gateway that tells servers by path would break them. Untested on IRIS: docs/iris.md.
 *
 * Resources: `docker_image`, and for each server `docker_volume` and `docker_container` for its files and `docker_container` for the
 * gateway.
 */
export class EcpWebGateway extends Construct {
  /** The Docker image, for what the properties do not cover. */
  public readonly image: Image;

  private readonly clusterName: string;
  private readonly network: IEcpNetwork;
  private readonly passwordFile?: string;

  /** @throws Error when the name is malformed, the network is internal or the password's file is missing. */
  constructor(scope: Construct, id: string, props: EcpWebGatewayProps) {
    super(scope, id);
    requireName('clusterName', props.clusterName);
    this.clusterName = props.clusterName;
    this.network = props.network;
    if (props.passwordFile !== undefined)
      this.passwordFile = requireFile('passwordFile', props.passwordFile, 'a file with one password');
    if (props.baseImage !== undefined) requireImageName('baseImage', props.baseImage);
    this.image = new Image(this, 'Resource', {
      name: props.baseImage ?? 'containers.intersystems.com/intersystems/webgateway:2025.1',
      keepLocally: true,
      lifecycle: KEEP_UNTIL_REPLACED,
    });
  }

  /**
   * Publishes the web pages of a server of this network at a port of 127.0.0.1 on the host. An internal network publishes nothing.
   *
   * @throws Error when the name cannot be a host name, has a gateway already, or the port is none.
   */
  public addServer(name: string, webPort: number): Container {
    requireName('name', name);
    if (name.length > LONGEST_NAME)
      throw new Error(
        `'name' must be at most ${LONGEST_NAME} characters with a web gateway, which is the host '<name>-web', got '${name}'; shorten it`,
      );
    requirePort('webPort', webPort);
    if (this.node.tryFindChild(name)) throw new Error(`'name' must be new to this gateway: '${name}' has one already`);
    const scope = new Construct(this, name);
    const containerName = `${this.clusterName}-${name}-web`;
    const labels = [
      { label: LABELS.cluster, value: this.clusterName },
      { label: LABELS.server, value: name },
      { label: LABELS.role, value: 'web-gateway' },
    ];
    const files = new Volume(scope, 'files', {
      name: `${containerName}-files`,
      labels: labels.slice(0, 2),
      // A volume that was there before has others; replacing it would remove what somebody keeps in it.
      lifecycle: { ignoreChanges: ['labels'] },
    });
    const upload = this.uploads(name);
    const delivery = new Container(scope, 'delivery', {
      name: `${containerName}-files`,
      image: this.image.imageId,
      entrypoint: ['/bin/bash', '/compose-csp-ini.sh'],
      command: [FILES_SOURCE, FILES_TARGET],
      user: '0',
      attach: true,
      logs: true,
      mustRun: false,
      networkMode: 'none',
      capabilities: { drop: ['ALL'] },
      securityOpts: ['no-new-privileges'],
      upload,
      volumes: [{ volumeName: files.id, containerPath: FILES_TARGET }],
      labels: [...labels.slice(0, 2), { label: LABELS.role, value: 'delivery' }],
      lifecycle: {
        ignoreChanges: [...DAEMON_OWN],
        postcondition: [
          {
            condition: '${self.exit_code == 0}',
            errorMessage: `The files of the web gateway of '${name}' were not written: \${self.container_logs}`,
          },
        ],
      },
    });
    const gateway: Container = new Container(scope, 'Resource', {
      name: containerName,
      hostname: `${name}-web`,
      image: this.image.imageId,
      // Both variables: InterSystems, Running InterSystems Products in Containers, "Web Access Using the Web Gateway Container".
      env: [`ISC_CSP_CONF_FILE=${FILES_TARGET}/CSP.conf`, `ISC_CSP_INI_FILE=${FILES_TARGET}/CSP.ini`],
      volumes: [{ volumeName: files.id, containerPath: FILES_TARGET, readOnly: true }],
      networksAdvanced: [{ name: this.network.networkId }],
      ports: this.network.internal
        ? undefined
        : [{ internal: 80, external: webPort, ip: WEB_ADDRESS, protocol: 'tcp' }],
      memory: 256,
      memorySwap: 256,
      restart: 'unless-stopped',
      logDriver: LOGGING.logDriver,
      logOpts: { ...LOGGING.logOpts },
      labels: [
        ...labels,
        { label: LABELS.web, value: `${WEB_ADDRESS}:${webPort}` },
        // The gateway reads its files at its start: other files make another container, and so does what no plan looks at any more.
        {
          label: 'ecp.files',
          value: Lazy.stringValue({
            produce: () => {
              const overridden = overriddenOf(attributesOf(gateway));
              const made = Object.keys(overridden).length > 0 ? { upload, overridden } : upload;
              return createHash('sha256').update(JSON.stringify(made)).digest('hex').slice(0, 12);
            },
          }),
        },
      ],
      lifecycle: { ignoreChanges: ['ports', ...DAEMON_OWN] },
      dependsOn: [delivery],
    });
    return gateway;
  }

  private uploads(server: string): ContainerUpload[] {
    const upload = [
      textUpload(`${FILES_SOURCE}/CSP.ini`, CSP_INI(server)),
      textUpload(`${FILES_SOURCE}/CSP.conf`, escapeForTerraform(CSP_CONF)),
      textUpload('/compose-csp-ini.sh', escapeForTerraform(SCRIPT), '0500'),
    ];
    if (this.passwordFile !== undefined) upload.push(hostFileUpload(`${FILES_SOURCE}/password`, this.passwordFile));
    return upload;
  }
}
