/** What the rules look at: a container as Terraform will make it, or as Docker runs it. */
export interface CisContainer {
  /** User, or empty where the image decides. */
  readonly user: string;
  readonly privileged: boolean;
  readonly capabilitiesAdd: readonly string[];
  readonly capabilitiesDrop: readonly string[];
  readonly securityOptions: readonly string[];
  /** Mounts of the host's own files; Docker's volumes are none. */
  readonly hostMounts: readonly { readonly source: string; readonly propagation: string }[];
  readonly ports: readonly { readonly address: string; readonly hostPort?: number }[];
  readonly publishesAllPorts: boolean;
  readonly networkMode: string;
  /** True on the network `docker0`. */
  readonly onDefaultBridge: boolean;
  readonly hasMemoryLimit: boolean;
  readonly hasCpuPriority: boolean;
  readonly hasPidsLimit: boolean;
  readonly readOnlyRoot: boolean;
  readonly restartPolicy: string;
  readonly restartLimit: number;
  readonly pidMode: string;
  readonly ipcMode: string;
  readonly usernsMode: string;
  readonly cgroupParent: string;
  readonly devices: readonly string[];
  /** Command of the health check, empty without one. */
  readonly healthCheck: readonly string[];
}

/** One recommendation, with the number that docker-bench-security gives it. */
export interface CisRule<T> {
  readonly id: string;
  /** What must be so. */
  readonly rule: string;
  readonly remedy: string;
  /** What is found instead; `undefined` when all is well. */
  readonly problem: (subject: T) => string | undefined;
}

/** Capabilities that Docker gives by itself; docker-bench-security takes them in `cap_add`. */
const USUAL_CAPABILITIES =
  'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(
    ' ',
  );

const SENSITIVE_FOLDERS = ['boot', 'dev', 'etc', 'lib', 'proc', 'sys', 'usr'];

const first = (found: readonly string[]): string | undefined => (found[0] === undefined ? undefined : `'${found[0]}'`);
const option = (container: CisContainer, pattern: RegExp): string | undefined =>
  first(container.securityOptions.filter(each => pattern.test(each)));

/**
 * Sections 4 and 5 of the CIS Docker Benchmark as far as a container shows them, numbered as in docker-bench-security 1.6
 * (tests/5_container_runtime.sh). Left out is what only a running daemon shows: 5.1, 5.7, 5.19, 5.21, 5.23, 5.24, 5.28.
 */
export const CONTAINER_RULES: readonly CisRule<CisContainer>[] = [
  {
    id: '4.1',
    rule: 'a container runs as an ordinary user',
    remedy: "set 'user' to another than root",
    problem: ({ user }) => {
      if (user === '') return "no 'user'";
      return /^(0|root)(:|$)/.test(user) ? `user '${user}'` : undefined;
    },
  },
  {
    id: '5.2',
    rule: "Docker's AppArmor profile is not switched off",
    remedy: "remove 'apparmor=unconfined' from 'security_opts'",
    problem: container => option(container, /^apparmor[=:]unconfined$/),
  },
  {
    id: '5.3',
    rule: 'SELinux labels are not switched off',
    remedy: "remove 'label=disable' from 'security_opts'",
    problem: container => option(container, /^label[=:]disable$/),
  },
  {
    id: '5.4',
    rule: 'capabilities are dropped, and none is added beyond those that Docker gives by itself',
    remedy: "set 'capabilities' to drop ALL and add back only what is needed",
    problem: ({ capabilitiesAdd, capabilitiesDrop }) => {
      const plain = (name: string): string => name.toUpperCase().replace(/^CAP_/, '');
      if (!capabilitiesDrop.map(plain).includes('ALL')) return 'ALL is not dropped';
      const beyond = capabilitiesAdd.filter(name => !USUAL_CAPABILITIES.includes(plain(name)));
      return beyond.length > 0 ? `${beyond.join(', ')} added` : undefined;
    },
  },
  {
    id: '5.5',
    rule: 'no container is privileged',
    remedy: "remove 'privileged'",
    problem: ({ privileged }) => (privileged ? 'privileged' : undefined),
  },
  {
    id: '5.6',
    rule: "the host's system folders are not mounted",
    remedy: 'mount a Docker volume instead',
    problem: ({ hostMounts }) =>
      first(
        hostMounts
          .map(({ source }) => source)
          .filter(source => /^\/+$/.test(source) || SENSITIVE_FOLDERS.includes(source.split('/')[1] ?? '')),
      ),
  },
  {
    id: '5.8',
    rule: 'no privileged port of the host is used',
    remedy: 'publish a port from 1024 on',
    problem: ({ ports }) =>
      ports.find(({ hostPort }) => hostPort !== undefined && hostPort < 1024)?.hostPort?.toString(),
  },
  {
    id: '5.9',
    rule: 'only needed ports are open',
    remedy: "remove 'publish_all_ports' and list the ports",
    problem: ({ publishesAllPorts }) => (publishesAllPorts ? 'all ports published' : undefined),
  },
  {
    id: '5.10',
    rule: "the host's network namespace is not shared",
    remedy: "remove 'network_mode'",
    problem: ({ networkMode }) => (networkMode === 'host' ? "network mode 'host'" : undefined),
  },
  {
    id: '5.11',
    rule: 'memory is limited',
    remedy: "set 'memory'",
    problem: ({ hasMemoryLimit }) => (hasMemoryLimit ? undefined : 'no limit'),
  },
  {
    id: '5.12',
    rule: 'the priority on the processor is set',
    remedy: "set 'cpu_shares' or 'cpus'",
    problem: ({ hasCpuPriority }) => (hasCpuPriority ? undefined : 'no priority'),
  },
  {
    id: '5.13',
    rule: 'the root file system is read-only',
    remedy: "set 'read_only', with 'tmpfs' and volumes for what must be written",
    problem: ({ readOnlyRoot }) => (readOnlyRoot ? undefined : 'it can be written'),
  },
  {
    id: '5.14',
    rule: 'published ports are bound to one address',
    remedy: "set 'ip' of the port",
    problem: ({ ports }) => {
      const open = ports.find(({ address }) => ['', '0.0.0.0', '::', '[::]'].includes(address));
      return open && `port ${open.hostPort ?? 'of any number'} on every address`;
    },
  },
  {
    id: '5.15',
    rule: "restarting 'on-failure' ends after 5 times",
    remedy: "set 'max_retry_count' to 5 or less",
    problem: ({ restartPolicy, restartLimit }) =>
      restartPolicy === 'on-failure' && (restartLimit === 0 || restartLimit > 5)
        ? `${restartLimit === 0 ? 'no' : restartLimit} as the limit`
        : undefined,
  },
  {
    id: '5.16',
    rule: "the host's process namespace is not shared",
    remedy: "remove 'pid_mode'",
    problem: ({ pidMode }) => (pidMode === 'host' ? "process mode 'host'" : undefined),
  },
  {
    id: '5.17',
    rule: "the host's IPC namespace is not shared",
    remedy: "remove 'ipc_mode'",
    problem: ({ ipcMode }) => (ipcMode === 'host' ? "IPC mode 'host'" : undefined),
  },
  {
    id: '5.18',
    rule: "the host's devices are not given to a container",
    remedy: "remove 'devices'",
    problem: ({ devices }) => first(devices),
  },
  {
    id: '5.20',
    rule: 'mounts are not shared back to the host',
    remedy: "remove 'propagation'",
    problem: ({ hostMounts }) => first(hostMounts.map(each => each.propagation).filter(each => /shared$/.test(each))),
  },
  {
    id: '5.22',
    rule: "Docker's seccomp profile is not switched off",
    remedy: "remove 'seccomp=unconfined' from 'security_opts'",
    problem: container => option(container, /^seccomp[=:]unconfined$/),
  },
  {
    id: '5.25',
    rule: 'the cgroup is the one that Docker chooses',
    remedy: "remove 'cgroup_parent'",
    problem: ({ cgroupParent }) => (cgroupParent === '' ? undefined : `parent '${cgroupParent}'`),
  },
  {
    id: '5.26',
    rule: 'no process gains privileges',
    remedy: "add 'no-new-privileges' to 'security_opts'",
    problem: container => (option(container, /^no-new-privileges([=:]true)?$/) ? undefined : 'no such option'),
  },
  {
    id: '5.27',
    rule: 'health is checked',
    remedy: "set 'healthcheck'",
    problem: ({ healthCheck }) => (['', 'NONE'].includes(healthCheck[0] ?? '') ? 'no health check' : undefined),
  },
  {
    id: '5.29',
    rule: 'the number of processes is limited',
    remedy: 'docker provider 4.6 cannot set --pids-limit, so a waiver has to say what bounds it',
    problem: ({ hasPidsLimit }) => (hasPidsLimit ? undefined : 'no limit'),
  },
  {
    id: '5.30',
    rule: "Docker's default network docker0 is not used",
    remedy: "set 'networks_advanced', or 'network_mode' to none",
    problem: ({ onDefaultBridge }) => (onDefaultBridge ? 'docker0' : undefined),
  },
  {
    id: '5.31',
    rule: "the host's user namespace is not shared",
    remedy: "remove 'userns_mode'",
    problem: ({ usernsMode }) => (usernsMode === 'host' ? "user namespace 'host'" : undefined),
  },
  {
    id: '5.32',
    rule: 'the socket of the Docker daemon is not mounted',
    remedy: 'remove the mount',
    problem: ({ hostMounts }) =>
      first(hostMounts.map(({ source }) => source).filter(source => /(docker|containerd)\.sock$/.test(source))),
  },
];
