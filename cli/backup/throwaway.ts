import { BACKUP_DIRECTORY, backupVolumeName } from '../../contract/backup';
import { DURABLE_DIRECTORY, FILES_DIRECTORY, LABELS, SERVER_UID } from '../../contract/contract';
import { IRIS } from '../../contract/engines';
import { containerName } from '../../contract/names';
import { tryDocker, type ContainerFacts } from '../access/docker';
import type { Server } from '../access/servers';
import { SWARM_SERVICE } from '../access/swarm-label';
import type { ProcessResult } from '../process';

/** Role, by its label, of a container that puts a backup in its place. */
const ROLE = 'restore';

/** What `restore-database` of an engine's image works on. */
export interface Throwaway {
  readonly cluster: string;
  /** The server whose image is used, on whose host it runs. */
  readonly server: Server;
  /**
   * Volume at /durable, or `own` for all of the server's volumes.
   *
   * @default - a volume of its own, which goes with it
   */
  readonly dataVolume?: string;
}

/** In a throwaway's own memory. */
const MEMORY = ['/run/ecp', '/tmp'];

const inMemory = (path: string): string[] => [
  '--tmpfs',
  `${path}:rw,noexec,nosuid,nodev,size=64m,uid=${SERVER_UID},gid=${SERVER_UID},mode=0700`,
];

const SEALED = [...['--read-only', '--security-opt', 'no-new-privileges'], ...MEMORY.flatMap(inMemory)];

/** What InterSystems IRIS needs to start on a backup: as its data server has it, with the licence key and the cores that it covers. */
function startsInstance(
  { Config: config, HostConfig: host, Mounts: mounts = [] }: ContainerFacts,
  dataVolume: string | undefined,
): string[] {
  const isThere = dataVolume === 'own' && config.Labels[SWARM_SERVICE] === undefined;
  const files = mounts.find(({ Destination: place }) => place === FILES_DIRECTORY);
  return [
    ...['--init', ...inMemory('/run/ecp')],
    ...(host.CapAdd ?? []).flatMap(each => ['--cap-add', each]),
    ...(config.Env ?? []).filter(each => each.startsWith('ISC_DATA_DIRECTORY=')).flatMap(each => ['--env', each]),
    ...(host.CpusetCpus ? ['--cpuset-cpus', host.CpusetCpus] : []),
    ...(host.NanoCpus ? ['--cpus', String(host.NanoCpus / 1e9)] : []),
    ...(isThere || !files?.Name
      ? []
      : ['--mount', `type=volume,source=${files.Name},target=${FILES_DIRECTORY},readonly`]),
  ];
}

/**
 * Runs `restore-database` in a container without a network, with the volume that a backup was fetched into, and removes the container.
 * With the cluster's label it counts as a leftover, should this process end here.
 */
export function restoreDatabase(
  { cluster, server, dataVolume }: Throwaway,
  args: readonly string[],
): Promise<ProcessResult> {
  const { facts } = server;
  const durable =
    dataVolume === 'own'
      ? volumesOf(facts)
      : dataVolume
        ? ['--mount', `type=volume,source=${dataVolume},target=${DURABLE_DIRECTORY}`]
        : ['--volume', DURABLE_DIRECTORY];
  const backups = `type=volume,source=${backupVolumeName(cluster)},target=${BACKUP_DIRECTORY},readonly`;
  const memory = `${Math.max(facts.HostConfig.Memory, 256 * 1024 * 1024)}b`;
  const options = [
    ...['--rm', '--name', containerName(cluster, ROLE), '--network', 'none', '--user', String(SERVER_UID)],
    ...['--cap-drop', 'ALL', '--memory', memory, '--memory-swap', memory, '--cpu-shares', '256'],
    ...(facts.Config.Labels[LABELS.engine] === IRIS ? startsInstance(facts, dataVolume) : SEALED),
    ...durable,
    ...(dataVolume === 'own' ? [] : ['--mount', backups]),
    ...[`${LABELS.cluster}=${cluster}`, `${LABELS.role}=${ROLE}`].flatMap(label => ['--label', label]),
  ];
  return tryDocker(['run', ...options, '--entrypoint', 'restore-database', facts.Image, ...args], {
    endpoint: facts.endpoint,
  });
}

/** All that a server writes on disk. What a swarm has ended is gone, and its volumes have to be named. */
function volumesOf({ Id: id, Config: { Labels: labels }, Mounts: mounts = [] }: ContainerFacts): string[] {
  if (labels[SWARM_SERVICE] === undefined) return ['--volumes-from', id];
  return mounts
    .filter(
      ({ Type: type, RW: isWritable, Destination: at }) => type === 'volume' && isWritable && !MEMORY.includes(at),
    )
    .flatMap(({ Name: name, Destination: at }) => ['--mount', `type=volume,source=${name},target=${at}`]);
}

/** Its sentence when it failed. */
export function faultOf({ code, stderr }: ProcessResult): string {
  return stderr.trim().replace(/^restore-database: /gm, '') || `restore-database ended with ${code}`;
}
