import type { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { Service, type ServiceTaskSpecContainerSpecMounts } from '@cdktf/provider-docker/lib/service';
import type { ITerraformDependable } from 'cdktf';
import type { Construct } from 'constructs';
import { DURABLE_DIRECTORY, LABELS, WEB_PORT } from '../../../contract/contract';
import { containerName } from '../../../contract/names';
import { toLabels } from '../docker-delivery';
import type { EcpServerSpec } from '../server-spec';
import { memoryVolume } from './memory-volume';
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

/** The service of one server: one task, wherever its constraints allow. */
export function defineService(
  scope: Construct,
  server: EcpServerSpec,
  options: {
    readonly files: ServiceTaskSpecContainerSpecMounts;
    readonly constraints: readonly string[];
    readonly after: readonly ITerraformDependable[];
    readonly provider?: DockerProvider;
  },
): Service {
  const { name, clusterName, network, healthCheck } = server;
  const serviceName = containerName(clusterName, name);
  const labels = toLabels({
    [LABELS.cluster]: clusterName,
    [LABELS.engine]: server.engine,
    [LABELS.server]: name,
    [LABELS.role]: server.role,
    ...server.labels,
  });
  const volume = (source: string, target: string): ServiceTaskSpecContainerSpecMounts => ({
    type: 'volume',
    source,
    target,
  });
  const [policy = 'any', times = '0'] = server.restart.split(':');
  const change = {
    parallelism: 1,
    delay: '0s',
    // Two tasks of one identity never run side by side on purpose.
    order: 'stop-first',
    monitor: serviceDuration(MONITOR_SEC),
    maxFailureRatio: '0.0',
  };
  const service = new Service(scope, 'Resource', {
    name: serviceName,
    labels,
    mode: { replicated: { replicas: 1 } },
    endpointSpec: {
      // A virtual address needs IPVS in the kernel of each node.
      mode: 'dnsrr',
      ports:
        server.webPort === undefined
          ? undefined
          : [{ targetPort: WEB_PORT, publishedPort: server.webPort, publishMode: 'host', protocol: 'tcp' }],
    },
    updateConfig: { ...change, failureAction: 'rollback' },
    rollbackConfig: { ...change, failureAction: 'pause' },
    taskSpec: {
      containerSpec: {
        image: server.image,
        args: server.command ? [...server.command] : undefined,
        hostname: name,
        user: String(server.user),
        env: { ...server.environment },
        readOnly: server.readOnlyRoot,
        capDrop: ['ALL'],
        capAdd:
          server.capabilitiesAdd.length > 0 ? server.capabilitiesAdd.map(capability => `CAP_${capability}`) : undefined,
        stopSignal: 'SIGTERM',
        stopGracePeriod: serviceDuration(server.stopTimeoutSec),
        labels,
        healthcheck: {
          test: ['CMD', ...healthCheck.command],
          interval: serviceDuration(healthCheck.intervalSec),
          timeout: serviceDuration(healthCheck.timeoutSec),
          startPeriod: serviceDuration(server.startTimeoutSec),
          retries: RETRIES,
        },
        mounts: [
          options.files,
          ...server.tmpfs.map(({ path, sizeMiB, mode }) =>
            memoryVolume(`${serviceName}${path.replaceAll('/', '-')}`, path, { sizeMiB, mode, user: server.user }),
          ),
          ...(server.dataVolumeName ? [volume(server.dataVolumeName, DURABLE_DIRECTORY)] : []),
          ...Object.entries(server.volumes).map(([directory, source]) => volume(source, directory)),
        ],
      },
      resources: {
        limits: {
          memoryBytes: server.memoryMiB * 2 ** 20,
          nanoCpus: server.cpus === undefined ? undefined : Math.round(server.cpus * 1e9),
        },
      },
      restartPolicy: {
        condition: { no: 'none', 'on-failure': 'on-failure' }[policy] ?? 'any',
        delay: '1s',
        maxAttempts: Number(times),
        window: '0s',
      },
      placement: {
        constraints: options.constraints.length > 0 ? [...options.constraints] : undefined,
        platforms: [{ architecture: 'amd64', os: 'linux' }],
      },
      logDriver: { name: server.logDriver, options: { ...server.logOptions } },
    },
    dependsOn: [...options.after],
    provider: options.provider,
  });
  service.addOverride('task_spec.container_spec.init', false);
  // Docker provider 4.6 reads `id` back and not `name`, which is all that these bindings know: each plan would replace the service.
  service.addOverride('task_spec.networks_advanced', [
    { id: network.networkId, aliases: [name] },
    ...server.furtherNetworks.map(({ networkId }) => ({ id: networkId })),
  ]);
  return service;
}
