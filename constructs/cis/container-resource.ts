import { block, blocks, hostMount, isOn, isSet, textOf, texts, type Attributes } from './blocks';
import type { CisContainer } from './container-rules';

/** Reads the attributes of a `docker_container` as they will appear in the Terraform document. A value that Terraform computes counts as set. */
export function readContainerResource(attributes: Attributes): CisContainer {
  const text = (name: string): string => textOf(attributes[name]);
  const capabilities = block(attributes.capabilities);
  const mounts = blocks(attributes.mounts);
  const networkMode = text('network_mode');
  return {
    user: text('user'),
    privileged: isOn(attributes.privileged),
    capabilitiesAdd: texts(capabilities.add),
    capabilitiesDrop: texts(capabilities.drop),
    securityOptions: texts(attributes.security_opts),
    hostMounts: [
      ...blocks(attributes.volumes).flatMap(({ host_path, volume_name }) => hostMount(host_path ?? volume_name)),
      ...mounts
        .filter(({ type }) => type === 'bind')
        .flatMap(({ source, bind_options }) => hostMount(source, block(bind_options).propagation)),
    ],
    ports: blocks(attributes.ports).map(({ ip, external }) => ({
      address: textOf(ip),
      hostPort: typeof external === 'number' ? external : undefined,
    })),
    publishesAllPorts: isOn(attributes.publish_all_ports),
    networkMode,
    onDefaultBridge:
      ['', 'bridge', 'default'].includes(networkMode) && blocks(attributes.networks_advanced).length === 0,
    hasMemoryLimit: isSet(attributes.memory),
    hasCpuPriority: isSet(attributes.cpu_shares) || isSet(attributes.cpus) || isSet(attributes.cpu_quota),
    // No attribute of docker provider 4.6 (internal/provider/resource_docker_container.go); read for the one that will have it.
    hasPidsLimit: isSet(attributes.pids_limit),
    readOnlyRoot: isOn(attributes.read_only),
    restartPolicy: text('restart'),
    restartLimit: typeof attributes.max_retry_count === 'number' ? attributes.max_retry_count : 0,
    pidMode: text('pid_mode'),
    ipcMode: text('ipc_mode'),
    usernsMode: text('userns_mode'),
    cgroupParent: text('cgroup_parent'),
    devices: blocks(attributes.devices).map(({ host_path }) => textOf(host_path)),
    healthCheck: texts(block(attributes.healthcheck).test),
  };
}
