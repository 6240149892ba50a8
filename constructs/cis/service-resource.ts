import { block, blocks, hostMount, isOn, isSet, textOf, texts, type Attributes } from './blocks';
import type { CisContainer } from './container-rules';

/**
 * Reads the attributes of a `docker_service`: what its containers will be like. A service has no security options, no process limit in
 * docker provider 4.6 and no address for its ports, nor may it be privileged or have devices.
 */
export function readServiceResource(attributes: Attributes): CisContainer {
  const task = block(attributes.task_spec);
  const container = block(task.container_spec);
  const limits = block(block(task.resources).limits);
  const restart = block(task.restart_policy);
  return {
    user: textOf(container.user),
    privileged: false,
    capabilitiesAdd: texts(container.cap_add),
    capabilitiesDrop: texts(container.cap_drop),
    securityOptions: [],
    hostMounts: blocks(container.mounts)
      .filter(({ type }) => type === 'bind')
      .flatMap(({ source, bind_options }) => hostMount(source, block(bind_options).propagation)),
    ports: blocks(block(attributes.endpoint_spec).ports).map(({ published_port }) => ({
      address: '',
      hostPort: typeof published_port === 'number' ? published_port : undefined,
    })),
    publishesAllPorts: false,
    networkMode: '',
    onDefaultBridge: blocks(task.networks_advanced).length === 0,
    hasMemoryLimit: isSet(limits.memory_bytes),
    hasCpuPriority: isSet(limits.nano_cpus),
    hasPidsLimit: false,
    readOnlyRoot: isOn(container.read_only),
    restartPolicy: textOf(restart.condition),
    restartLimit: typeof restart.max_attempts === 'number' ? restart.max_attempts : 0,
    pidMode: '',
    ipcMode: '',
    usernsMode: '',
    cgroupParent: '',
    devices: [],
    healthCheck: texts(block(container.healthcheck).test),
  };
}
