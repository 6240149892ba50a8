import { LABELS } from '../../contract/contract';
import { DEPLOYED_FROM } from '../deploy/deployed-from';
import { docker, tryDocker, type ContainerFacts } from './docker';
import { serversAmong } from './servers';

/** A cluster as it is found on the Docker host of this process. */
export interface FoundCluster {
  readonly name: string;
  /** Empty where there is only data. */
  readonly engine: string;
  /** Number of servers here. */
  readonly servers: number;
  /** Number of them whose health check says Normal. */
  readonly healthy: number;
  /** Volumes with data. */
  readonly data: readonly string[];
  /** The state that deployed it, as `HOST:FILE`; empty where nothing says so. */
  readonly deployedFrom: string;
}

interface Volume {
  readonly Name: string;
  readonly Labels: Readonly<Record<string, string>> | null;
}

/** All clusters with a server or data on this Docker host, by name. */
export async function findClusters(): Promise<FoundCluster[]> {
  const [containers, volumes] = await Promise.all([
    inspected<ContainerFacts>(['ps', '--all', '--quiet', '--filter', `label=${LABELS.cluster}`], 'container'),
    inspected<Volume>(['volume', 'ls', '--quiet'], 'volume'),
  ]);
  return clustersAmong(containers, volumes);
}

/** Clusters among what carries a cluster's label. */
export function clustersAmong(containers: readonly ContainerFacts[], volumes: readonly Volume[]): FoundCluster[] {
  const clusterOf = (labels: Readonly<Record<string, string>> | null): string => labels?.[LABELS.cluster] ?? '';
  const data = volumes.filter(({ Name: name, Labels: labels }) => name === `${clusterOf(labels)}-data`);
  const servers = serversAmongAll(containers);
  const names = new Set(
    [...servers.map(({ facts }) => facts.Config.Labels), ...data.map(each => each.Labels)].map(clusterOf),
  );
  return [...names].sort().map(name => {
    const own = servers.filter(({ facts }) => clusterOf(facts.Config.Labels) === name);
    return {
      name,
      engine: own[0]?.facts.Config.Labels[LABELS.engine] ?? '',
      servers: own.length,
      healthy: own.filter(({ facts }) => facts.State.Running && facts.State.Health?.Status === 'healthy').length,
      data: data.filter(({ Labels: labels }) => clusterOf(labels) === name).map(({ Name: volume }) => volume),
      deployedFrom: volumes.find(each => each.Name === `${name}-deployed-from`)?.Labels?.[DEPLOYED_FROM] ?? '',
    };
  });
}

/** Servers of all clusters: of each cluster those that count. */
function serversAmongAll(containers: readonly ContainerFacts[]): ReturnType<typeof serversAmong> {
  const clusters = new Set(containers.map(({ Config: { Labels: labels } }) => labels[LABELS.cluster]));
  return [...clusters].flatMap(cluster =>
    serversAmong(containers.filter(({ Config: { Labels: labels } }) => labels[LABELS.cluster] === cluster)),
  );
}

/** What Docker says of things that it lists; those that go meanwhile are left out. */
async function inspected<T>(list: readonly string[], type: 'container' | 'volume'): Promise<T[]> {
  const names = (await docker(list)).split('\n').filter(Boolean);
  if (names.length === 0) return [];
  const { stdout } = await tryDocker([type, 'inspect', ...names], { timeoutSec: 60 });
  return JSON.parse(stdout || '[]') as T[];
}
