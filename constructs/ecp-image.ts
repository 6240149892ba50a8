import type { TerraformProvider } from 'cdktf';
import type { EcpMirrorOptions } from './ecp-mirror';
/** What an engine asks of the containers that run it. Servers pass it on and do not interpret it. */
export interface EcpImage {
  /** Docker's id of the image. */
  readonly imageId: string;
  /**
   * As `imageId`, on a Docker host that another provider names. What it takes to have the image there is made once for each host.
   *
   * @default - the image can be had on one host only
   */
  readonly imageIdOn?: (host: TerraformProvider) => string;
  /**
   * The image in a registry, by its digest.
   *
   * @default - it is in no registry
   */
  readonly imageReference?: string;
  /** Name of the engine, for labels and for people. */
  readonly engine: string;
  /**
   * What the engine can do beyond the container contract.
   *
   * @default - nothing
   */
  readonly features?: EcpEngineFeatures;
  /**
   * Checks a config file for what the engine would refuse at its start. It throws an Error with one sentence.
   *
   * @default - nothing is checked
   */
  readonly checkConfig?: (config: EcpConfigFile) => void;
  /**
   * How application servers find a database of a mirror whose members have it in a directory.
   *
   * @default - by the directory
   */
  readonly mirroredDirectory?: (mirror: string, directory: string) => string;
  /**
   * Arguments of the image's entry point.
   *
   * @default - the image's own
   */
  readonly command?: readonly string[];
  /**
   * Environment variables of a server beside those of the container contract. Nothing secret.
   *
   * @default - none
   */
  readonly env?: (server: EcpImageServer) => Readonly<Record<string, string>>;
  /**
   * Seconds that a server may be `Failed` for the same reason before `./ecp up` stops waiting for it.
   *
   * @default 60
   */
  readonly failurePatienceSec?: number;
  /** Capabilities that the engine needs; all others are dropped. */
  readonly capabilitiesAdd: readonly string[];
  /** Whether the engine runs with `no-new-privileges`. */
  readonly noNewPrivileges: boolean;
  /** Whether the engine runs on a read-only root file system. */
  readonly readOnlyRoot: boolean;
  /** Directories in memory, of the server's user. */
  readonly tmpfs: readonly EcpTmpfs[];
  /**
   * Limits of resources beyond those of the Docker daemon, such as `memlock`; -1 is none.
   *
   * @default - none
   */
  readonly ulimits?: readonly EcpUlimit[];
  /**
   * Files that a server of this engine gets beside those of the container contract.
   *
   * @default - none
   */
  readonly files?: (server: EcpImageServer) => readonly EcpFile[];
  /**
   * Whether a server has a web server of its own on port 52773.
   *
   * @default true
   */
  readonly hasWebServer?: boolean;
  /**
   * How a server shows over HTTP that it is Normal, for an entry point.
   *
   * @default - there can be no entry point before its servers
   */
  readonly webHealth?: EcpWebHealth;
  /**
   * Memory limit in MiB that a server needs at least.
   *
   * @default 32
   */
  readonly leastMemoryMiB?: number;
  /**
   * Algorithm of a cluster's keys where none is chosen.
   *
   * @default "RSA"
   */
  readonly keyAlgorithm?: 'RSA' | 'ECDSA';
  /**
   * What servers of this engine have by default.
   *
   * @default - the defaults that the servers' options name
   */
  readonly defaults?: EcpImageDefaults;
}

/** What a server, or the web gateway before it, answers at its web port. */
export interface EcpWebHealth {
  /** Path that is asked for; `%[srv_name]` in it is the server's name. */
  readonly path: string;
  /** Regular expression (PCRE) that fits into the answer while the server is Normal. */
  readonly normal: string;
}

/** A directory in memory. No program in it can be run. */
export interface EcpTmpfs {
  /** Path of the directory. */
  readonly path: string;
  /** Room in it. */
  readonly sizeMiB: number;
  /** Access, in the octal digits of chmod(1). */
  readonly mode: string;
}

/** A limit of a container's processes, as Docker's `--ulimit` takes it. */
export interface EcpUlimit {
  /** Name of the resource. */
  readonly name: string;
  /** Limit that holds; -1 is none. */
  readonly soft: number;
  /** Limit up to which a process may raise its own; -1 is none. */
  readonly hard: number;
}

/** What an engine can do beyond the container contract; the default of each is false. */
export interface EcpEngineFeatures {
  /** It gives values to `${MGRDIR}` and the like when it reads a config file. */
  readonly predefinedVariables?: boolean;
  /** It takes `maxAppServers` connections at a time and no more. */
  readonly connectionLimit?: boolean;
  /** Its journals can be on volumes of their own. */
  readonly journalVolumes?: boolean;
  /** It freezes its files for a backup, which then reads them; other engines leave a copy for it. */
  readonly freezesFiles?: boolean;
  /** Its application servers can keep something in `/durable`. */
  readonly durableAppServers?: boolean;
  /** Its application servers take clients at the superserver port. */
  readonly superserverClients?: boolean;
  /** It refuses the writes of subjects that `authorized-clients` lists as `read-only`. */
  readonly readOnlyClients?: boolean;
  /** Two of its data servers can be a mirror. */
  readonly mirrors?: boolean;
}

/** A config file with all variables replaced, for an engine to check. */
export interface EcpConfigFile {
  /** The parsed document. */
  readonly document: unknown;
  /** Path that the user gave, for sentences. */
  readonly file: string;
  /** The server that it is for. */
  readonly role: 'data-server' | 'app-server';
  /** Algorithm of the server's key. */
  readonly keyAlgorithm: 'RSA' | 'ECDSA';
  /** Directories that outlive the server. */
  readonly durableDirectories: readonly string[];
  /**
   * Name of the mirror that the data server is a member of, or that the application server follows.
   *
   * @default - none
   */
  readonly mirror?: string;
}

/** Defaults that an engine has of its own. */
export interface EcpImageDefaults {
  /** Memory limit in MiB. */
  readonly memoryMiB: number;
  /** Seconds that a deploy waits for the server to be Normal. */
  readonly startTimeoutSec: number;
  /** Seconds that a stopping server has before it is killed. */
  readonly stopTimeoutSec: number;
}

/** A server's place in a mirror. */
export interface EcpImageMirror extends EcpMirrorOptions {
  /** Name of the server, which is its host name. */
  readonly server: string;
}

/** What an engine may know of a server that it brings files for. */
export interface EcpImageServer {
  /** What the server does in the cluster. */
  readonly role: 'data-server' | 'app-server' | 'arbiter';
  /**
   * The mirror that it is a member or the arbiter of.
   *
   * @default - none
   */
  readonly mirror?: EcpImageMirror;
  /** Data server: application servers connected at once. Application server: data servers that it may connect to. */
  readonly maxConnections: number;
  /** Algorithm of its key. */
  readonly keyAlgorithm: 'RSA' | 'ECDSA';
  /** Whether `/durable` is a volume. */
  readonly isDurable: boolean;
  /**
   * Directory of the journals, when it is a volume of its own.
   *
   * @default - the engine's own
   */
  readonly journalDirectory?: string;
  /**
   * Directory of the journals when the first one is full or gone.
   *
   * @default - the engine's own
   */
  readonly alternateJournalDirectory?: string;
}

/** A file of a server as a platform gets it: as an engine brings it, or with a text that is known when the stack is synthesized. */
export type EcpServerFile =
  | EcpFile
  | {
      /** Path below `/ecp/files`. */
      readonly path: string;
      /** Gives the file's text. */
      readonly content: () => string;
    };

/** A file below `/ecp/files`: a text, which is in the Terraform state, or a file of this machine, whose content is not. */
export type EcpFile =
  | {
      /** Path below `/ecp/files`. */
      readonly path: string;
      /** The file's text. */
      readonly content: string;
    }
  | {
      /** Path below `/ecp/files`. */
      readonly path: string;
      /** Path of the file on this machine. */
      readonly source: string;
    };
