import { containerName } from '../contract/names';
import type { EcpCluster } from './ecp-cluster';

/** What others need to know of a cluster. */
export interface EcpOutputs {
  /** Name of the cluster, and of its network. */
  readonly clusterName: string;
  /** Engine of all servers. */
  readonly engine: string;
  /** Where application servers reach the data server: host and port. */
  readonly address: string;
  /** Container of the data server. */
  readonly dataServer: string;
  /** Volume with the data. */
  readonly dataVolume: string;
  /** Containers of the application servers, by their names. */
  readonly appServers: Readonly<Record<string, string>>;
  /** Web pages of the servers that publish them, by their names, on the host that a server runs on. */
  readonly webUrls: Readonly<Record<string, string>>;
}

export function outputsOf(cluster: EcpCluster, webUrls: EcpOutputs['webUrls']): EcpOutputs {
  const { clusterName, dataServer } = cluster;
  return {
    clusterName,
    engine: cluster.image.engine,
    address: dataServer.address,
    dataServer: containerName(clusterName, dataServer.name),
    dataVolume: dataServer.dataVolumeName,
    appServers: Object.fromEntries(cluster.appServers.map(({ name }) => [name, containerName(clusterName, name)])),
    webUrls,
  };
}
