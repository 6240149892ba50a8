import { LABELS } from '../../contract/contract';
import { FILES_SUFFIX } from '../../contract/names';
import { lookIntoDataVolume } from '../access/data-volume';
import { docker, tryDocker } from '../access/docker';
import { UserError } from '../terminal';
import { readStack, type StackResource } from './stack-file';
import { resourcesInState } from './terraform';

/** A cluster as its stack and its state name it. */
export interface NamedCluster {
  readonly cluster: string;
  readonly engine: string;
  readonly stackDirectory: string;
  readonly stateFile: string;
  /** Volumes of its data servers. */
  readonly dataVolumes: readonly string[];
}

type Kind = 'container' | 'network' | 'volume';

/** Something on the Docker host, with its labels; an empty text stands for none. */
interface Thing {
  readonly kind: Kind;
  readonly name: string;
  readonly cluster: string;
  readonly engine: string;
  readonly role: string;
  /** Names of the volumes of a container. */
  readonly mounts: readonly string[];
}

/** Label of an image that a stack has built (constructs/private/image-build.ts). */
const BUILT = LABELS.baseImageId;

/**
 * Looks at everything on the Docker host that has a name which the cluster makes or removes.
 *
 * @param options.removesData The data volume is about to be removed: it must show that it is the cluster's.
 * @throws UserError naming all that is not the cluster's, before anything is changed.
 */
export async function requireOwnNames(of: NamedCluster, options: { readonly removesData: boolean }): Promise<void> {
  const [things, images] = await Promise.all([listThings(), imageProblems(of)]);
  const wanted = wantedNames(of);
  const strangers = things.filter(thing => wanted[thing.kind].has(thing.name) && thing.cluster !== of.cluster);
  const problems = [
    ...strangers.map(thing => inWords(thing, of.cluster, things)),
    ...images,
    ...otherEngine(things, of),
    ...(await Promise.all(of.dataVolumes.map(name => dataProblems(things, of, name, options.removesData)))).flat(),
  ];
  if (problems.length > 0) throw new UserError([...problems, 'Nothing was changed.'].join('\n'));
}

function inWords(thing: Thing, cluster: string, all: readonly Thing[]): string {
  const { kind, name, cluster: owner } = thing;
  const whose = owner === '' ? 'has no such label' : `is of the cluster '${owner}'`;
  return `the ${kind} '${name}' must carry the label ${LABELS.cluster}=${cluster}, and ${whose}: ${remedyFor(thing, all)}`;
}

function remedyFor({ kind, name }: Thing, all: readonly Thing[]): string {
  const users = all.filter(({ mounts }) => mounts.includes(name)).map(user => user.name);
  const free = users.length > 0 ? `docker rm --force ${users.join(' ')}; ` : '';
  const remedies: Readonly<Record<Kind, string>> = {
    container: `rename it (docker rename ${name} NAME) or remove it`,
    network: `remove it (docker network rm ${name})`,
    volume: `copy what you need of it elsewhere and remove it (${free}docker volume rm ${name})`,
  };
  return `${remedies[kind]}, or choose another name in 'cluster'`;
}

/** Names that the stack makes, and volumes that the state knows by nothing but their names. */
function wantedNames({
  cluster,
  stackDirectory,
  stateFile,
}: NamedCluster): Readonly<Record<Kind, ReadonlySet<string>>> {
  const { resource } = readStack(stackDirectory);
  const named = (type: string): string[] =>
    Object.values<StackResource>(resource[type] ?? {})
      // A resource that somebody added to the stack has labels of its own, or none.
      .filter(({ labels }) => labels?.some(({ label, value }) => label === LABELS.cluster && value === cluster))
      .flatMap(({ name }) => name ?? []);
  const inState = resourcesInState(stateFile, 'docker_volume')
    .flatMap(({ instances }) => instances.map(({ attributes }) => attributes?.id ?? ''))
    .filter(name => name.startsWith(`${cluster}-`) && name.endsWith(FILES_SUFFIX));
  const volumes = [...named('docker_volume'), ...inState].filter(name => name !== `${cluster}-data`);
  return {
    container: new Set(named('docker_container')),
    network: new Set(named('docker_network')),
    volume: new Set(volumes),
  };
}

/** Everything of the three kinds, each by one call. */
async function listThings(): Promise<Thing[]> {
  const labels = [LABELS.cluster, LABELS.engine, LABELS.role].map(each => `{{.Label "${each}"}}`).join('\t');
  const list = async (kind: Kind, args: readonly string[], name: string): Promise<Thing[]> => {
    const mounts = kind === 'container' ? '{{.Mounts}}' : '';
    const text = await docker([...args, '--format', `${name}\t${labels}\t${mounts}`]);
    return text
      .split('\n')
      .filter(Boolean)
      .flatMap(line => {
        const [names = '', cluster = '', engine = '', role = '', volumes = ''] = line.split('\t');
        return names
          .split(',')
          .map(each => ({ kind, name: each, cluster, engine, role, mounts: volumes.split(',').filter(Boolean) }));
      });
  };
  const found = await Promise.all([
    list('container', ['ps', '--all', '--no-trunc'], '{{.Names}}'),
    list('network', ['network', 'ls'], '{{.Name}}'),
    list('volume', ['volume', 'ls'], '{{.Name}}'),
  ]);
  return found.flat();
}

/** A build moves its tag: an image of somebody else's would lose its name. */
async function imageProblems({ stackDirectory }: NamedCluster): Promise<string[]> {
  const images = Object.values<StackResource>(readStack(stackDirectory).resource.docker_image ?? {});
  const tags = images.flatMap(({ build, name }) => (build !== undefined && name !== undefined ? [name] : []));
  if (tags.length === 0) return [];
  const format = `{{json .RepoTags}}\t{{index .Config.Labels "${BUILT}"}}`;
  // It fails for those that are not there, and prints the others.
  const { stdout } = await tryDocker(['image', 'inspect', '--format', format, ...tags], { timeoutSec: 60 });
  const foreign = stdout
    .split('\n')
    .map(line => line.split('\t'))
    .flatMap(([names = '', built = '']) => (names !== '' && built === '' ? (JSON.parse(names) as string[]) : []));
  return tags
    .filter(tag => foreign.includes(tag))
    .map(
      tag =>
        `the image '${tag}' must be one that was built for a cluster, and has no label ${BUILT}: give it another name (docker tag) and remove this one (docker image rm ${tag})`,
    );
}

/** Two engines of one cluster have states of their own: to each the other's containers would be leftovers. */
function otherEngine(things: readonly Thing[], { cluster, engine }: NamedCluster): string[] {
  const other = things.find(thing => thing.cluster === cluster && thing.engine !== '' && thing.engine !== engine);
  return other === undefined
    ? []
    : [
        `the cluster '${cluster}' must have the engine '${engine}', and '${other.name}' is of the engine '${other.engine}': take it down first (ECP_ENGINE=${other.engine} ./ecp down), or choose another name in 'cluster'`,
      ];
}

/** Docker itself makes the data volume, without a label; then what is in it tells. */
async function dataProblems(
  things: readonly Thing[],
  of: NamedCluster,
  name: string,
  removesData: boolean,
): Promise<string[]> {
  const { cluster } = of;
  const volume = things.find(thing => thing.kind === 'volume' && thing.name === name);
  if (volume === undefined) return [];
  const users = things.filter(({ mounts }) => mounts.includes(name));
  const strangers = removesData ? users.filter(user => user.cluster !== cluster) : [];
  const inUse = strangers.map(
    user =>
      `the volume '${name}' must be free, and the container '${user.name}' uses it: remove that container (docker rm --force ${user.name})`,
  );
  if (volume.cluster === cluster) return inUse;
  if (volume.cluster !== '') return [inWords(volume, cluster, things)];
  // A data server refuses what is not its own, so the look at each run is for the sake of an early word alone.
  if (!removesData && users.some(user => user.cluster === cluster && user.role === 'data-server')) return [];
  const contents = await lookIntoDataVolume(of, name).catch((error: unknown) => {
    if (removesData) throw error;
    return 'unknown' as const;
  });
  if (typeof contents === 'string') return inUse;
  return [
    `the volume '${name}' must hold the data of the cluster '${cluster}', and holds '${contents.foreign}', which no data server wrote: ${remedyFor(volume, things)}`,
  ];
}
