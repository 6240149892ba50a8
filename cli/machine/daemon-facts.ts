import { tryDocker } from '../access/docker';
import { UserError } from '../terminal';

/** What `docker info` says of the daemon's machine. */
export interface DaemonFacts {
  readonly rootFolder: string;
  /** For example `linux/x86_64`. */
  readonly platform: string;
  /** The daemon's clock minus ours, in seconds. */
  readonly clockAheadSec: number;
  /** The daemon runs without root's rights. */
  readonly rootless: boolean;
  /** Its id and version and what it limits: another one when its settings change. */
  readonly identity: string;
  /** Limits that it can apply to containers. */
  readonly limits: { readonly memory: boolean; readonly swap: boolean; readonly cpuShares: boolean };
}

const FORMAT =
  '{{.DockerRootDir}}\t{{.OSType}}/{{.Architecture}}\t{{.SystemTime}}\t{{json .SecurityOptions}}\t{{.ID}} {{.ServerVersion}}\t{{json .MemoryLimit}} {{json .SwapLimit}} {{json .CPUShares}}';

/** Asks the daemon about its machine. */
export async function askDaemon(): Promise<DaemonFacts> {
  const before = Date.now();
  const info = await tryDocker(['info', '--format', FORMAT], { timeoutSec: 30 });
  const ours = (before + Date.now()) / 2;
  const [rootFolder = '', platform = '', time = '', security = '', id = '', limits = ''] = info.stdout
    .trim()
    .split('\t');
  if (info.code !== 0 || time === '')
    throw new UserError(`'docker info' failed: ${info.stderr.trim().split('\n')[0] ?? ''}`);
  const clockAheadSec = (Date.parse(time) - ours) / 1000;
  const [memory, swap, cpuShares] = limits.split(' ').map(text => text !== 'false');
  return {
    rootFolder,
    platform,
    clockAheadSec,
    rootless: security.includes('name=rootless'),
    identity: `${id} ${limits}`,
    limits: { memory: memory ?? true, swap: swap ?? true, cpuShares: cpuShares ?? true },
  };
}
