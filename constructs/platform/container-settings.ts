import type { ContainerConfig } from '@cdktf/provider-docker/lib/container';
import { Token } from 'cdktf';
import type { EcpServerSpec } from './server-spec';

/** Limits of a container, and its weight on the processor when that is short. Docker's own is 1024. */
export function limits(
  { memoryMiB, cpus, cpuSet }: Pick<EcpServerSpec, 'memoryMiB' | 'cpus' | 'cpuSet'>,
  cpuShares: number,
): Partial<ContainerConfig> {
  return {
    memory: memoryMiB,
    // Without it Docker stores twice the memory, which the provider then wants to change in each plan.
    memorySwap: memoryMiB,
    cpuShares,
    cpus: cpus === undefined ? undefined : Token.isUnresolved(cpus) ? Token.asString(cpus) : String(cpus),
    cpuSet,
  };
}

/** Restart policy and log of a container as the provider takes them. */
export function restartAndLog({
  restart,
  logDriver,
  logOptions,
}: Pick<EcpServerSpec, 'restart' | 'logDriver' | 'logOptions'>): Partial<ContainerConfig> {
  const [policy, times] = restart.split(':');
  return {
    restart: policy,
    maxRetryCount: times === undefined ? undefined : Number(times),
    logDriver,
    logOpts: Object.keys(logOptions).length > 0 ? { ...logOptions } : undefined,
  };
}

/** File systems in memory of a container as the provider takes them, each owned by its user. */
export function memoryFolders(folders: EcpServerSpec['tmpfs'], user: number): Record<string, string> {
  return Object.fromEntries(
    folders.map(({ path, sizeMiB, mode }) => [
      path,
      `rw,noexec,nosuid,nodev,size=${sizeMiB}m,uid=${user},gid=${user},mode=${mode}`,
    ]),
  );
}
