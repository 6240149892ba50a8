import { Container } from '@cdktf/provider-docker/lib/container';
import { Service } from '@cdktf/provider-docker/lib/service';
import type { IConstruct } from 'constructs';
import { BACKUP_NAME } from '../../contract/backup';
import { MONITORING_NAME } from '../../contract/monitoring';
import { DELIVERY_ID } from '../../contract/names';
import type { EcpCluster } from '../ecp-cluster';
import { Swarm } from '../platform/swarm/swarm';
import type { CisWaiver } from './cis-docker-aspect';

const DELIVERY: Readonly<Record<string, string>> = {
  '4.1':
    'gives the files to the servers’ user, which needs root; it has CAP_CHOWN alone, no network, and ends within a second',
  '5.13': 'Terraform uploads into its root file system; the container is never started again',
  '5.27': 'ends within a second; its exit code is checked instead',
  '5.29': 'docker provider 4.6 cannot set it; the memory limit of 64 MiB counts what processes take of the kernel',
};

const SERVER: Readonly<Record<string, string>> = {
  '5.29':
    'docker provider 4.6 cannot set it; the memory limit counts what processes take of the kernel and so bounds their number (measured)',
};

const WRITABLE_ROOT = { '5.13': 'IRIS writes below its installation folder' };

const NEW_PRIVILEGES = { '5.26': 'IRIS starts programs that are setuid root (unproven which)' };

/** Beyond what Docker gives a container by itself. */
const LOCKED_MEMORY = {
  '5.4': 'IRIS locks its shared memory in huge pages, which takes IPC_LOCK (`hugePages` of IrisImage)',
};

const WEB_GATEWAY: Readonly<Record<string, string>> = {
  '4.1': 'InterSystems’ image decides on its user',
  '5.4': 'InterSystems does not say which capabilities the gateway needs',
  '5.13': 'the gateway writes beside its program',
  '5.26': 'InterSystems does not say whether the gateway starts setuid programs',
  '5.27': 'InterSystems’ image decides on its health check',
  '5.29': 'docker provider 4.6 cannot set it; the memory limit bounds the number of processes',
};

/** What a service cannot have (docker provider 4.6 and Swarm's own API). */
const SERVICE: Readonly<Record<string, string>> = {
  '5.26':
    'Swarm has no such option; no capability is left but what the server needs, and the rehearsal image has no setuid program',
};

const SERVICE_WITHOUT_CPUS = {
  '5.12': 'Swarm has no weight on the processor, only a limit (`cpus`), which an idle processor would be held back by',
};

const SERVICE_WITH_PORT = {
  '5.14': 'Swarm knows no address of a host: `allowPublicWebPorts` was set, and a firewall is to stand before it',
};

const SERVICE_DELIVERY: Readonly<Record<string, string>> = {
  '4.1': 'gives the files to the servers’ user, which needs root; it has CAP_CHOWN alone and listens on no port',
  '5.12': 'it sleeps',
  '5.26': SERVICE['5.26']!,
  '5.27': 'without one Swarm takes a task as well that runs',
  '5.29': DELIVERY['5.29']!,
};

const ENTRY_POINT_WITH_OPEN_PORT = {
  '5.14': '`bindAddress` of the entry point was set to all of the host, and a firewall is to stand before it',
};

const OPEN_WEB_PORT = {
  '5.14': '`webBindAddress` was set to all of the host, and a firewall is to stand before it',
};

const ENTRY_POINT_WITH_PRIVILEGED_PORT = { '5.8': '`port` or `superserverPort` of the entry point was set to it' };

const PRIVILEGED_PORT =
  'the port of the article’s exercise, on 127.0.0.1 alone; `webPort` of the data server chooses another';

/** The waivers that a cluster needs, for `CisDockerAspect`, each with its reason. To be called after the last `addAppServer`. */
export function ecpCisWaivers(cluster: EcpCluster): CisWaiver[] {
  const { platform } = cluster;
  const nodes = [...cluster.node.findAll(), ...(platform instanceof Swarm ? platform.node.findAll() : [])];
  return nodes.flatMap(node => {
    const reasons = reasonsFor(node, cluster);
    return Object.entries(reasons).map(([id, reason]) => ({ id, path: node.node.path, reason }));
  });
}

function reasonsFor(node: IConstruct, cluster: EcpCluster): Readonly<Record<string, string>> {
  if (node instanceof Container)
    return { ...(hasPrivilegedPort(node) ? { '5.8': PRIVILEGED_PORT } : {}), ...reasonsForContainer(node, cluster) };
  if (node instanceof Service) return reasonsForService(node, cluster);
  return {};
}

function reasonsForService(service: Service, { image }: EcpCluster): Readonly<Record<string, string>> {
  if (service.node.id === DELIVERY_ID) return SERVICE_DELIVERY;
  if (service.node.path.includes(`/${BACKUP_NAME}/`)) return { ...SERVER, ...SERVICE, ...SERVICE_WITHOUT_CPUS };
  return {
    ...SERVER,
    ...SERVICE,
    ...(image.readOnlyRoot ? {} : WRITABLE_ROOT),
    ...(image.capabilitiesAdd.includes('IPC_LOCK') ? LOCKED_MEMORY : {}),
    ...(service.taskSpecInput?.resources?.limits?.nanoCpus === undefined ? SERVICE_WITHOUT_CPUS : {}),
    ...(service.endpointSpecInput?.ports === undefined ? {} : SERVICE_WITH_PORT),
  };
}

function reasonsForContainer(
  container: Container,
  { image, webGateway, entryPoint }: EcpCluster,
): Readonly<Record<string, string>> {
  const { node } = container;
  if (node.id === DELIVERY_ID) return DELIVERY;
  if (webGateway !== undefined && node.path.startsWith(`${webGateway.node.path}/`))
    return hasOpenPort(container) ? { ...WEB_GATEWAY, ...OPEN_WEB_PORT } : WEB_GATEWAY;
  if ([BACKUP_NAME, MONITORING_NAME].some(name => node.path.includes(`/${name}/`))) return SERVER;
  if (container === entryPoint?.container)
    return {
      ...SERVER,
      ...(hasPrivilegedPort(container) ? ENTRY_POINT_WITH_PRIVILEGED_PORT : {}),
      ...(hasOpenPort(container) ? ENTRY_POINT_WITH_OPEN_PORT : {}),
    };
  return {
    ...SERVER,
    ...(hasOpenPort(container) ? OPEN_WEB_PORT : {}),
    ...(image.readOnlyRoot ? {} : WRITABLE_ROOT),
    ...(image.noNewPrivileges ? {} : NEW_PRIVILEGES),
    ...(image.capabilitiesAdd.includes('IPC_LOCK') ? LOCKED_MEMORY : {}),
  };
}

function hasOpenPort({ portsInput }: Container): boolean {
  const ports = (portsInput ?? []) as { readonly ip?: string }[];
  return ports.some(({ ip }) => ip === '0.0.0.0');
}

function hasPrivilegedPort({ portsInput }: Container): boolean {
  const ports = (portsInput ?? []) as { readonly external?: number }[];
  return ports.some(({ external }) => external !== undefined && external < 1024);
}
