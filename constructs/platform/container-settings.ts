import type { ContainerConfig } from '@cdktf/provider-docker/lib/container';
import type { EcpServerSpec } from './server-spec';

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
