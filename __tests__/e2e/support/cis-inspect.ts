import type { CisContainer } from '../../../constructs/cis/container-rules';

/** What `docker inspect` tells of a container, as far as the CIS rules ask. */
export interface Inspected {
  readonly Id: string;
  readonly Name: string;
  readonly Image: string;
  readonly Config: {
    readonly User: string;
    readonly Labels: Readonly<Record<string, string>>;
    readonly Healthcheck?: { readonly Test: readonly string[] };
  };
  readonly Mounts: readonly { readonly Type: string; readonly Source: string; readonly Propagation: string }[];
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, unknown>> };
  readonly HostConfig: {
    readonly Privileged: boolean;
    readonly CapAdd: readonly string[] | null;
    readonly CapDrop: readonly string[] | null;
    readonly SecurityOpt: readonly string[] | null;
    readonly PortBindings: Readonly<
      Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[]>
    > | null;
    readonly PublishAllPorts: boolean;
    readonly NetworkMode: string;
    readonly Memory: number;
    readonly CpuShares: number;
    readonly NanoCpus: number;
    readonly PidsLimit: number | null;
    readonly ReadonlyRootfs: boolean;
    readonly RestartPolicy: { readonly Name: string; readonly MaximumRetryCount: number };
    readonly PidMode: string;
    readonly IpcMode: string;
    readonly UsernsMode: string;
    readonly CgroupParent: string;
    readonly Devices: readonly { readonly PathOnHost: string }[] | null;
  };
}

/** The same facts that the aspect reads at synth, from the container that Docker runs. */
export function readInspected({ Config, HostConfig, Mounts, NetworkSettings }: Inspected): CisContainer {
  return {
    user: Config.User,
    privileged: HostConfig.Privileged,
    capabilitiesAdd: HostConfig.CapAdd ?? [],
    capabilitiesDrop: HostConfig.CapDrop ?? [],
    securityOptions: HostConfig.SecurityOpt ?? [],
    hostMounts: Mounts.filter(({ Type }) => Type === 'bind').map(({ Source, Propagation }) => ({
      source: Source,
      propagation: Propagation,
    })),
    ports: Object.values(HostConfig.PortBindings ?? {})
      .flat()
      .map(({ HostIp, HostPort }) => ({ address: HostIp, hostPort: Number(HostPort) })),
    publishesAllPorts: HostConfig.PublishAllPorts,
    networkMode: HostConfig.NetworkMode,
    onDefaultBridge: Object.hasOwn(NetworkSettings.Networks, 'bridge'),
    hasMemoryLimit: HostConfig.Memory > 0,
    hasCpuPriority: HostConfig.CpuShares > 0 || HostConfig.NanoCpus > 0,
    hasPidsLimit: (HostConfig.PidsLimit ?? 0) > 0,
    readOnlyRoot: HostConfig.ReadonlyRootfs,
    restartPolicy: HostConfig.RestartPolicy.Name,
    restartLimit: HostConfig.RestartPolicy.MaximumRetryCount,
    pidMode: HostConfig.PidMode,
    ipcMode: HostConfig.IpcMode,
    usernsMode: HostConfig.UsernsMode,
    cgroupParent: HostConfig.CgroupParent,
    devices: (HostConfig.Devices ?? []).map(({ PathOnHost }) => PathOnHost),
    healthCheck: Config.Healthcheck?.Test ?? [],
  };
}
