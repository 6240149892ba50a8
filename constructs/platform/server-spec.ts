import type { ITerraformDependable } from 'cdktf';
import type { EcpServerFile, EcpTmpfs, EcpUlimit } from '../ecp-image';
import type { IEcpNetwork } from '../ecp-network';
import type { EcpRestart } from '../private/container-options';

/** A server of a cluster in values: what runs, for a platform that decides where. Nothing in it is a Terraform resource of one provider. */
export interface EcpServerSpec {
  /** Name of the cluster. */
  readonly clusterName: string;
  /** Name of the server: its host name. */
  readonly name: string;
  /** What it does in the cluster. */
  readonly role: 'data-server' | 'app-server' | 'arbiter';
  /** Name of the engine. */
  readonly engine: string;
  /** Id or reference of the image. */
  readonly image: string;
  /** Arguments of the image's entry point, where they are not its own. */
  readonly command?: readonly string[];
  /** Network to join under its name. */
  readonly network: IEcpNetwork;
  /** Networks to join beside it. */
  readonly furtherNetworks: readonly IEcpNetwork[];
  /** Files below `/ecp/files`, which may change while it runs. */
  readonly files: readonly EcpServerFile[];
  /** Volume for `/durable`. */
  readonly dataVolumeName?: string;
  /** Further volumes, by the directory at which each is mounted; the server's user owns their tops. */
  readonly volumes: Readonly<Record<string, string>>;
  /** Environment variables. Nothing secret. */
  readonly environment: Readonly<Record<string, string>>;
  /** User and group id that it runs as. */
  readonly user: number;
  /** Capabilities beside which all are dropped. */
  readonly capabilitiesAdd: readonly string[];
  /** Whether its processes may gain no privileges. */
  readonly noNewPrivileges: boolean;
  /** Whether its root file system is read-only. */
  readonly readOnlyRoot: boolean;
  /** Directories in memory, of its user. */
  readonly tmpfs: readonly EcpTmpfs[];
  /** Limits beyond those of the daemon. */
  readonly ulimits?: readonly EcpUlimit[];
  /** Memory limit; there is no swap beyond it. */
  readonly memoryMiB: number;
  /** Processors that it may use at most. */
  readonly cpus?: number;
  /** Processors that it runs on. */
  readonly cpuSet?: string;
  /** Seconds that a deploy waits for it to be healthy. */
  readonly startTimeoutSec: number;
  /** Seconds that it has between SIGTERM and SIGKILL. */
  readonly stopTimeoutSec: number;
  /** When it is started again after it has ended. */
  readonly restart: EcpRestart;
  /** Labels beside those by which the command finds it. */
  readonly labels: Readonly<Record<string, string>>;
  /** Where its output goes: a logging driver of Docker. */
  readonly logDriver: string;
  /** Options of that driver. */
  readonly logOptions: Readonly<Record<string, string>>;
  /** Port on the host for its web port. */
  readonly webPort?: number;
  /** Address of the host that the web port is bound to. @default "127.0.0.1" */
  readonly webBindAddress?: string;
  /** Where its superserver port is published on the host. */
  readonly superserver?: EcpPublishedPort;
  /** How it is asked whether it is Normal. */
  readonly healthCheck: EcpHealthCheck;
  /** What must be healthy first. */
  readonly after: readonly ITerraformDependable[];
}

/** A port of a host. */
export interface EcpPublishedPort {
  /** Address of the host that it is bound to. */
  readonly bindAddress: string;
  /** Number on the host. */
  readonly port: number;
}

/** A command that ends with 0 while a server is Normal. */
export interface EcpHealthCheck {
  /** Program and arguments. */
  readonly command: readonly string[];
  /** Seconds from one answer to the next question. */
  readonly intervalSec: number;
  /** Seconds that an answer may take. */
  readonly timeoutSec: number;
  /** Failures in a row that make the server unhealthy. */
  readonly retries: number;
}
