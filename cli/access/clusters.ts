import { LABELS } from '../../contract/contract';
import { dataVolumeName } from '../../contract/names';
import { DEPLOYED_FROM, clusterOfNote } from '../deploy/deployed-from';
import { dataServersAmong } from '../mirror';
import { docker, tryDocker, type ContainerFacts } from './docker';
import { dataVolumeOf, serversAmong } from './servers';

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

/** Clusters among containers that carry a cluster's label, and volumes. */
export function clustersAmong(containers: readonly ContainerFacts[], volumes: readonly Volume[]): FoundCluster[] {
  const clusterOf = (labels: Readonly<Record<string, string>> | null): string => labels?.[LABELS.cluster] ?? '';
  const servers = serversAmongAll(containers);
  // A retained data volume is made by Docker, without labels: it is known by its name and by the note beside it.
  const notes = new Map(
    volumes.flatMap(({ Name: name, Labels: labels }): [string, string][] => {
      const deployer = labels?.[DEPLOYED_FROM];
      return deployer === undefined ? [] : [[clusterOfNote(name), deployer]];
    }),
  );
  const labelled = volumes.flatMap(({ Name: name, Labels: labels }) =>
    name === dataVolumeName(clusterOf(labels)) ? clusterOf(labels) : [],
  );
  const running = servers.map(({ facts }) => clusterOf(facts.Config.Labels));
  const hasVolume = (name: string): boolean => volumes.some(each => each.Name === name);
  const names = new Set([
    ...running,
    ...labelled,
    ...[...notes.keys()].filter(name => hasVolume(dataVolumeName(name))),
  ]);
  return [...names].sort().map(name => {
    const own = servers.filter(({ facts }) => clusterOf(facts.Config.Labels) === name);
    const known = dataServersAmong(own).flatMap(({ facts }) => dataVolumeOf(facts) ?? []);
    const data = known.length > 0 ? known : [dataVolumeName(name)];
    return {
      name,
      engine: own[0]?.facts.Config.Labels[LABELS.engine] ?? '',
      servers: own.length,
      healthy: own.filter(({ facts }) => facts.State.Running && facts.State.Health?.Status === 'healthy').length,
      data: data.filter(hasVolume),
      deployedFrom: notes.get(name) ?? '',
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
