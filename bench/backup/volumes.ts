import { LABELS } from '../../contract/contract';
import { BACKUP_NAME } from '../../contract/backup';
import { CLUSTER } from '../operations/bench-cluster';
import { execute } from '../operations/step';

/** Volumes of the benchmark's own. */
export const VOLUMES = {
  repository: `${CLUSTER}-repository`,
  tar: `${CLUSTER}-tar`,
  restic: `${CLUSTER}-restic`,
  restored: `${CLUSTER}-restored`,
} as const;

/** With the cluster's label, so that whoever looks for what a benchmark left finds them. */
export async function clearVolumes(signal: AbortSignal): Promise<void> {
  await docker(['volume', 'rm', '--force', ...Object.values(VOLUMES), `${CLUSTER}-${BACKUP_NAME}`], signal);
}

/** Runs a script in a container with all volumes, the cluster's data at /durable. It has tar and restic: the image of backups. */
export async function inVolumes(script: string, signal: AbortSignal): Promise<string> {
  const image = await docker(['inspect', '--format', '{{.Image}}', `${CLUSTER}-${BACKUP_NAME}`], signal);
  const mounts = Object.entries({ ...VOLUMES, durable: `${CLUSTER}-data` }).flatMap(([folder, volume]) => [
    '--mount',
    `type=volume,source=${volume},target=/${folder}`,
  ]);
  const environment = ['--env', 'RESTIC_PASSWORD=benchmark', '--env', 'RESTIC_REPOSITORY=/restic'];
  // As root: the volumes that Docker makes here are root's. restic as in the container of backups.
  const options = ['--rm', '--user', '0', '--network', 'none', '--label', `${LABELS.cluster}=${CLUSTER}`];
  const shell = ['--entrypoint', 'bash', image.trim(), '-Eeuo', 'pipefail', '-c'];
  const words = `restic() { command restic --no-cache --quiet "$@"; }; ${script}`;
  return docker(['run', ...options, ...environment, ...mounts, ...shell, words], signal);
}

export async function megabytesOf(folder: string, signal: AbortSignal): Promise<number> {
  return Number((await inVolumes(`du -sb ${folder} | cut -f1`, signal)).trim()) / 1e6;
}

function docker(args: readonly string[], signal: AbortSignal): Promise<string> {
  return execute({ program: 'docker', args, env: process.env }, signal);
}
