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
  /**
   * The mirror of data servers.
   *
   * @default - there is one data server
   */
  readonly mirror?: EcpMirrorOutputs;
}

/** What others need to know of a mirror. */
export interface EcpMirrorOutputs {
  /** Name of the mirror. */
  readonly name: string;
  /** Containers of the members, by their names. Which one is the primary changes: `./ecp status` shows it. */
  readonly members: Readonly<Record<string, string>>;
  /** Volumes with the members' data, by the members' names. */
  readonly dataVolumes: Readonly<Record<string, string>>;
  /**
   * Container of the arbiter.
   *
   * @default - there is none
   */
  readonly arbiter?: string;
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
    ...(dataServer.mirror
      ? {
          mirror: {
            name: dataServer.mirror.name,
            members: Object.fromEntries(
              cluster.dataServers.map(({ name }) => [name, containerName(clusterName, name)]),
            ),
            dataVolumes: Object.fromEntries(cluster.dataServers.map(each => [each.name, each.dataVolumeName])),
            ...(cluster.arbiter ? { arbiter: containerName(clusterName, cluster.arbiter.name) } : {}),
          },
        }
      : {}),
  };
}
