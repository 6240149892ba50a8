import { join } from 'node:path';
import type { Image } from '@cdktf/provider-docker/lib/image';
import { Construct } from 'constructs';
import type { EcpFile, EcpImage, EcpImageDefaults, EcpImageServer } from './ecp-image';
import { SERVER_UID } from './private/contract';
import { buildImage } from './private/image-build';
import { requireIrisRelease } from './private/iris-release';
import { requireFile, requireWholeNumber } from './private/validate';

/** Properties of `IrisImage`. */
export interface IrisImageProps {
  /**
   * Path of the licence key, `iris.key`. It must include ECP (`Multi_Server`). A changed file reaches running servers.
   */
  readonly licenseKeyFile: string;
  /**
   * Path of a file with the password of all predefined accounts, one line.
   *
   * @default - InterSystems' own default passwords, which everyone knows
   */
  readonly passwordFile?: string;
  /**
   * InterSystems IRIS image, with registry and tag. It is used as it is when the Docker host has it, and pulled otherwise. The oldest
   * release is the article's, 2022.2.
   *
   * @default "containers.intersystems.com/intersystems/iris:2025.1"
   */
  readonly baseImage?: string;
  /**
   * Cache for 8 KB database blocks in MiB, the third value of the CPF parameter `globals`.
   *
   * @default 256
   */
  readonly globalBuffersMb?: number;
  /**
   * CPF `ClientReconnectInterval`: seconds between two attempts of an application server to reconnect, 1 to 60.
   *
   * @default - IRIS's own, 5
   */
  readonly clientReconnectInterval?: number;
  /**
   * CPF `ClientReconnectDuration`: seconds that an application server goes on trying to reconnect, 10 to 65535.
   *
   * @default - IRIS's own, 1200
   */
  readonly clientReconnectDuration?: number;
  /**
   * CPF `ServerTroubleDuration`: seconds after which the data server gives up an application server in Trouble and rolls its
   * transactions back, 20 to 65535.
   *
   * @default - IRIS's own, 60
   */
  readonly serverTroubleDuration?: number;
}

/** Image that `IrisImage` starts from unless told: an extended maintenance release. */
export const DEFAULT_IRIS_IMAGE = 'containers.intersystems.com/intersystems/iris:2025.1';

/** Ranges of the timers: InterSystems, class reference of Config.ECP and Configuration Parameter File Reference, [ECP]. */
const TIMERS = [
  { prop: 'clientReconnectInterval', parameter: 'ClientReconnectInterval', least: 1, most: 60 },
  { prop: 'clientReconnectDuration', parameter: 'ClientReconnectDuration', least: 10, most: 65535 },
  { prop: 'serverTroubleDuration', parameter: 'ServerTroubleDuration', least: 20, most: 65535 },
] as const;

/**
 * InterSystems IRIS with Config-API and the container contract, built on the Docker host. It needs a licence key and a login to the
 * registry. Nobody has run it yet; docs/iris.md says of each statement where it comes from and how it was checked.
 *
 * Resources: `docker_image` for the base, which is pulled through `registry_auth` of the Docker provider, and `docker_image` for the
 * engine. Both stay on the host when the cluster goes. Licence key and password reach a server without passing through the state.
 */
export class IrisImage extends Construct implements EcpImage {
  public readonly imageId: string;
  public readonly engine = 'iris';
  // InterSystems, Running InterSystems Products in Containers: iris-main checks for these two. That no other is needed is unproven.
  public readonly capabilitiesAdd: readonly string[] = ['SETUID', 'SETGID'];
  // IRIS starts programs that are setuid root (unproven: whether all of them are needed).
  public readonly noNewPrivileges = false;
  // IRIS writes below its installation directory.
  public readonly readOnlyRoot = false;
  public readonly tmpfs: Readonly<Record<string, string>> = {
    '/run/ecp': `rw,noexec,nosuid,nodev,size=16m,uid=${SERVER_UID},gid=${SERVER_UID},mode=0700`,
  };
  public readonly defaults: EcpImageDefaults = { memoryMb: 2048, startTimeoutSec: 300, stopTimeoutSec: 120 };
  /** False since 2023.2: then only an `EcpWebGateway` serves the management portal and the metrics. */
  public readonly hasWebServer: boolean;
  /** More than the global buffers, which IRIS takes at its start. What it needs beside them is unproven. */
  public readonly leastMemoryMb: number;
  /** The Docker image, for what the properties do not cover. */
  public readonly image: Image;

  private readonly licenseKeyFile: string;
  private readonly passwordFile?: string;
  private readonly globalBuffersMb: number;
  private readonly timers: readonly string[];

  /** @throws Error when a file is missing, the base image is too old or a number is out of its range. */
  constructor(scope: Construct, id: string, props: IrisImageProps) {
    super(scope, id);
    const baseImage = props.baseImage ?? DEFAULT_IRIS_IMAGE;
    this.hasWebServer = requireIrisRelease('baseImage', baseImage).hasWebServer;
    this.licenseKeyFile = requireFile('licenseKeyFile', props.licenseKeyFile, 'an InterSystems IRIS licence key');
    if (props.passwordFile !== undefined)
      this.passwordFile = requireFile('passwordFile', props.passwordFile, 'a file with one password');
    this.globalBuffersMb = props.globalBuffersMb ?? 256;
    requireWholeNumber('globalBuffersMb', this.globalBuffersMb, 16, 1048576, 'MiB');
    this.leastMemoryMb = this.globalBuffersMb + 1;
    this.timers = TIMERS.flatMap(({ prop, parameter, least, most }) => {
      const value = props[prop];
      if (value === undefined) return [];
      requireWholeNumber(prop, value, least, most, `seconds, the range of ${parameter}`);
      return [`${parameter}=${value}`];
    });
    this.image = buildImage(this, {
      context: join(__dirname, '..', 'images', 'iris'),
      repository: 'ecp-iris',
      baseImage,
    });
    this.imageId = this.image.imageId;
  }

  /** The CPF merge file, the licence key and the password. */
  public files(server: EcpImageServer): readonly EcpFile[] {
    return [
      { path: 'merge.cpf', content: this.mergeFile(server) },
      { path: 'iris.key', source: this.licenseKeyFile },
      ...(this.passwordFile === undefined ? [] : [{ path: 'password', source: this.passwordFile }]),
    ];
  }

  /**
   * What IRIS must know before its first start. Sections and ranges: InterSystems, Configuration Parameter File Reference, [config]
   * and [ECP]; the file itself: Automating Configuration of InterSystems IRIS with Configuration Merge.
   */
  private mergeFile({ role, maxConnections }: EcpImageServer): string {
    return [
      '[config]',
      // A change needs a restart, so it cannot wait for Config-API. MaxServerConn counts on the data server, MaxServers on the others.
      `${role === 'data-server' ? 'MaxServerConn' : 'MaxServers'}=${maxConnections}`,
      // Explicit, since it is not documented whether the automatic size knows the container's memory limit.
      `globals=0,0,${this.globalBuffersMb},0,0,0`,
      ...(this.timers.length > 0 ? ['[ECP]', ...this.timers] : []),
      '',
    ].join('\n');
  }
}
