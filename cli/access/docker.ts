import { spawn, spawnSync, type ChildProcessByStdio, type ChildProcessWithoutNullStreams } from 'node:child_process';
import type { Readable } from 'node:stream';
import { run, type ProcessResult, type RunOptions } from '../process';
import { UserError } from '../terminal';
import { whyUnreachable } from './docker-words';
import type { Endpoint } from './endpoints';

/** What `docker inspect` reports about a container, as far as this program reads it. */
export interface ContainerFacts {
  /** Engine that it runs on; this process' own where there is none. Not of Docker. */
  readonly endpoint?: Endpoint;
  readonly Id: string;
  readonly Name: string;
  /** ISO 8601. */
  readonly Created: string;
  /** Id of the image. */
  readonly Image: string;
  /** Times that Docker started it again by itself. */
  readonly RestartCount: number;
  readonly State: {
    readonly Status: string;
    /** Of its first process on the Docker host; 0 when it does not run. */
    readonly Pid: number;
    readonly Running: boolean;
    readonly Paused: boolean;
    readonly ExitCode: number;
    readonly OOMKilled: boolean;
    readonly Error: string;
    readonly StartedAt: string;
    readonly FinishedAt: string;
    readonly Health?: {
      readonly Status: string;
      readonly Log:
        | readonly {
            readonly Start: string;
            readonly End: string;
            readonly ExitCode: number;
            readonly Output: string;
          }[]
        | null;
    };
  };
  readonly Config: {
    readonly Labels: Readonly<Record<string, string>>;
    readonly Env: readonly string[] | null;
    readonly Healthcheck?: {
      /** Nanoseconds. */
      readonly StartPeriod?: number;
    };
  };
  readonly Mounts?: readonly {
    /** `volume`, `bind` or `tmpfs`. */
    readonly Type: string;
    /** Of a volume. */
    readonly Name?: string;
    readonly Destination: string;
    readonly RW: boolean;
  }[];
  readonly HostConfig: {
    /** Bytes. */
    readonly Memory: number;
    /** Bytes of memory and swap together; -1 for no limit. */
    readonly MemorySwap: number;
    readonly CpuShares: number;
    /** Cores that it may use, such as `0-3`; empty for all. */
    readonly CpusetCpus?: string;
    /** Billionths of a core; 0 for no limit. */
    readonly NanoCpus?: number;
    readonly CapAdd?: readonly string[] | null;
    readonly RestartPolicy: { readonly Name: string; readonly MaximumRetryCount?: number };
  };
  readonly NetworkSettings: {
    readonly Networks: Readonly<Record<string, { readonly NetworkID: string; readonly IPAddress: string }>>;
    readonly Ports: Readonly<Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[] | null>>;
  };
}

/** On which engine a docker command runs. */
interface On {
  /** @default - the one that this process has settled on */
  readonly endpoint?: Endpoint;
}

/** Runs a docker command, whatever its end: the one place that starts the program. */
export function tryDocker(args: readonly string[], { endpoint, ...options }: RunOptions & On): Promise<ProcessResult> {
  return run('docker', args, endpoint ? { ...options, env: { ...options.env, ...endpoint.environment } } : options);
}

/** Starts a docker command whose streams are the caller's to read and write. */
export function spawnDocker(args: readonly string[], { endpoint }: On = {}): ChildProcessWithoutNullStreams {
  return spawn('docker', [...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...endpoint?.environment },
  });
}

/**
 * Starts a docker command whose standard error goes where its standard output goes, in the order in which it writes. It is in a process group
 * of its own, so that Ctrl-C ends it only through this process.
 */
export function spawnDockerMerged(
  args: readonly string[],
  { endpoint }: On = {},
): ChildProcessByStdio<null, Readable, null> {
  return spawn('sh', ['-c', 'exec docker "$@" 2>&1', 'docker', ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
    env: { ...process.env, ...endpoint?.environment },
  });
}

/** Runs a docker command with this terminal's streams. @returns its exit code */
export function dockerOnTerminal(args: readonly string[], { endpoint }: On = {}): number {
  return (
    spawnSync('docker', args, { stdio: 'inherit', env: { ...process.env, ...endpoint?.environment } }).status ?? 130
  );
}

/** Runs a docker command that must succeed, and returns what it printed. */
export async function docker(args: readonly string[], timeoutSec = 60, { endpoint }: On = {}): Promise<string> {
  const result = await tryDocker(args, { timeoutSec, endpoint });
  if (result.code === 0) return result.stdout;
  const unreachable = whyUnreachable(result.stderr);
  if (unreachable !== undefined) throw new UserError(unreachable);
  const where = endpoint ? ` on ${endpoint.node}` : '';
  throw new UserError(`docker ${args[0]}${where} failed: ${result.stderr.trim() || `exit code ${result.code}`}`);
}

/** Names of networks or volumes that carry a label. */
export async function namesWithLabel(kind: 'network' | 'volume', label: string): Promise<string[]> {
  const format = kind === 'network' ? '{{.ID}}' : '{{.Name}}';
  const output = await docker([
    kind,
    'ls',
    ...(kind === 'network' ? ['--no-trunc'] : []),
    '--filter',
    `label=${label}`,
    '--format',
    format,
  ]);
  return output.split('\n').filter(Boolean);
}
