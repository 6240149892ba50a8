import type { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { Service, type ServiceTaskSpecContainerSpecMounts } from '@cdktf/provider-docker/lib/service';
import type { ITerraformDependable } from 'cdktf';
import type { Construct } from 'constructs';
import { WEB_PORT } from '../../../contract/contract';
import type { IEcpNetwork } from '../../ecp-network';
import type { EcpContainerOptions } from '../../private/container-options';
import { toLabels } from '../docker-delivery';
import type { EcpHealthCheck } from '../server-spec';
import { serviceDuration } from './service-duration';

/**
 * Swarm kills a task whose health check fails so often, and Docker does not: with 2, a data server that is away for 25 s has all application
 * servers killed (measured). A server that is not Normal is for people to see, not to be killed.
 */
const RETRIES = 1000;

/**
 * A task that ends before it is Normal fails its update however long that takes; so does one that ends within this time afterwards. An update
 * lasts so much longer.
 */
const MONITOR_SEC = 10;

/** A service of one task, in values. */
export interface OneTask extends Pick<Required<EcpContainerOptions>, 'restart' | 'logDriver' | 'logOptions'> {
  readonly serviceName: string;
  /** Of the service and of its containers. */
  readonly labels: Readonly<Record<string, string>>;
  readonly hostname: string;
  readonly image: string;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly user: number;
  readonly environment?: Readonly<Record<string, string>>;
  readonly readOnlyRoot: boolean;
  /** @default - none */
  readonly capabilitiesAdd?: readonly string[];
  readonly mounts: readonly ServiceTaskSpecContainerSpecMounts[];
  readonly networks: readonly { readonly network: IEcpNetwork; readonly aliases?: readonly string[] }[];
  readonly webPort?: number;
  readonly memoryMiB: number;
  readonly cpus?: number;
  readonly startTimeoutSec: number;
  readonly stopTimeoutSec: number;
  readonly healthCheck: EcpHealthCheck;
  readonly constraints: readonly string[];
  readonly after: readonly ITerraformDependable[];
  readonly provider?: DockerProvider;
}

/** The service of one server or of what is beside it: one task, wherever its constraints allow. */
export function defineService(scope: Construct, task: OneTask): Service {
  const { healthCheck, capabilitiesAdd = [], constraints } = task;
  const labels = toLabels(task.labels);
  const [policy = 'any', times = '0'] = task.restart.split(':');
  const change = {
    parallelism: 1,
    delay: '0s',
    // Two tasks of one identity never run side by side on purpose.
    order: 'stop-first',
    monitor: serviceDuration(MONITOR_SEC),
    maxFailureRatio: '0.0',
  };
  const service = new Service(scope, 'Resource', {
    name: task.serviceName,
    labels,
    mode: { replicated: { replicas: 1 } },
    endpointSpec: {
      // A virtual address needs IPVS in the kernel of each node.
      mode: 'dnsrr',
      ports:
        task.webPort === undefined
          ? undefined
          : [{ targetPort: WEB_PORT, publishedPort: task.webPort, publishMode: 'host', protocol: 'tcp' }],
    },
    updateConfig: { ...change, failureAction: 'rollback' },
    rollbackConfig: { ...change, failureAction: 'pause' },
    taskSpec: {
      containerSpec: {
        image: task.image,
        command: task.entrypoint ? [...task.entrypoint] : undefined,
        args: task.command ? [...task.command] : undefined,
        hostname: task.hostname,
        user: String(task.user),
        env: task.environment ? { ...task.environment } : undefined,
        readOnly: task.readOnlyRoot,
        capDrop: ['ALL'],
        capAdd: capabilitiesAdd.length > 0 ? capabilitiesAdd.map(capability => `CAP_${capability}`) : undefined,
        stopSignal: 'SIGTERM',
        stopGracePeriod: serviceDuration(task.stopTimeoutSec),
        labels,
        healthcheck: {
          test: ['CMD', ...healthCheck.command],
          interval: serviceDuration(healthCheck.intervalSec),
          timeout: serviceDuration(healthCheck.timeoutSec),
          startPeriod: serviceDuration(task.startTimeoutSec),
          retries: RETRIES,
        },
        mounts: [...task.mounts],
      },
      resources: {
        limits: {
          memoryBytes: task.memoryMiB * 2 ** 20,
          nanoCpus: task.cpus === undefined ? undefined : Math.round(task.cpus * 1e9),
        },
      },
      restartPolicy: {
        condition: { no: 'none', 'on-failure': 'on-failure' }[policy] ?? 'any',
        delay: '1s',
        maxAttempts: Number(times),
        window: '0s',
      },
      placement: {
        constraints: constraints.length > 0 ? [...constraints] : undefined,
        platforms: [{ architecture: 'amd64', os: 'linux' }],
      },
      logDriver: { name: task.logDriver, options: { ...task.logOptions } },
    },
    dependsOn: [...task.after],
    provider: task.provider,
  });
  service.addOverride('task_spec.container_spec.init', false);
  // Docker provider 4.6 reads `id` back and not `name`, which is all that these bindings know: each plan would replace the service.
  service.addOverride(
    'task_spec.networks_advanced',
    task.networks.map(({ network: { networkId: id }, aliases }) => (aliases ? { id, aliases } : { id })),
  );
  return service;
}
