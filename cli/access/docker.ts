import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { run, type ProcessResult, type RunOptions } from '../process';
import { LABELS } from '../../contract/contract';
import { UserError } from '../terminal';
import { placesOf, type Endpoint } from './endpoints';

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
  readonly Config: { readonly Labels: Readonly<Record<string, string>>; readonly Env: readonly string[] | null };
  readonly HostConfig: {
    /** Bytes. */
    readonly Memory: number;
    /** Bytes of memory and swap together; -1 for no limit. */
    readonly MemorySwap: number;
    readonly CpuShares: number;
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
  const where = endpoint ? ` on ${endpoint.node}` : '';
  throw new UserError(`docker ${args[0]}${where} failed: ${result.stderr.trim() || `exit code ${result.code}`}`);
}

const INSPECT_SEC = 60;

/** An engine elsewhere that is silent for so long counts as down: work on the others goes on. */
const NODE_SEC = 10;

/** An engine that did not answer, and why. */
export interface SilentNode {
  readonly node: string;
  readonly why: string;
}

/** What carries a label on the engines of a cluster, and which of them did not answer. */
export interface FoundContainers {
  readonly containers: readonly ContainerFacts[];
  readonly silent: readonly SilentNode[];
}

/** All containers of a cluster, running or not, on all engines that it may run on. The engine that this process has settled on must answer. */
export async function containersOf(cluster: string): Promise<FoundContainers> {
  const label = `${LABELS.cluster}=${cluster}`;
  const found = await Promise.all(
    placesOf(cluster).endpoints.map(async (endpoint): Promise<FoundContainers> => {
      if (!endpoint) return { containers: await containersWithLabel(label), silent: [] };
      try {
        return { containers: await containersWithLabel(label, endpoint), silent: [] };
      } catch (error) {
        return { containers: [], silent: [{ node: endpoint.node, why: (error as Error).message }] };
      }
    }),
  );
  return { containers: found.flatMap(({ containers }) => containers), silent: found.flatMap(({ silent }) => silent) };
}

/** Containers of one engine that carry a label such as `ecp.cluster=ecp`. */
async function containersWithLabel(label: string, endpoint?: Endpoint): Promise<ContainerFacts[]> {
  const list = ['ps', '--all', '--quiet', '--no-trunc', '--filter', `label=${label}`];
  const ids = (await docker(list, endpoint ? NODE_SEC : 60, { endpoint })).split('\n').filter(Boolean);
  if (ids.length === 0) return [];
  // A container may go between the two calls; inspect then fails as a whole although it printed the others.
  const timeoutSec = endpoint ? NODE_SEC : INSPECT_SEC;
  const result = await tryDocker(['inspect', '--type', 'container', ...ids], { timeoutSec, endpoint });
  if (result.code === 124) {
    throw new UserError(
      `docker inspect did not answer within ${timeoutSec} s: Docker holds on to a container with the label ${label}, as it does when one is paused at the moment in which a command starts in it`,
    );
  }
  const facts = JSON.parse(result.stdout || '[]') as ContainerFacts[];
  return endpoint ? facts.map(each => ({ ...each, endpoint })) : facts;
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
