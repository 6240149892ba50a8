import { usesSwarm } from '../../app/node-settings';
import type { Settings } from '../../app/settings';
import type { Synthesized } from '../../app/synthesize';
import { DATA_SERVER_NAME } from '../../contract/contract';
import { tryDocker } from '../access/docker';
import { placesOf, type Endpoint } from '../access/endpoints';
import { containersOf } from '../access/found-containers';
import type { LeftOut } from '../access/left-out';
import { silentInWords } from '../access/silent-nodes';
import { UserError, onStderr, step } from '../terminal';
import { imageAddresses, makeImages } from '../terraform/make-images';
import { readStack } from '../terraform/stack-file';
import type { ApplyOptions, Workspace } from '../terraform/terraform';
import { dataNodesOf } from './data-node';
import { newOverlay } from './new-overlay';
import { askSwarm } from './nodes';
import { lastLine, probeOverlay, type CutNode, type Probe, type ProbeNode } from './probe-overlay';

/** Nodes that a probe leaves alone; targets and nodes as for `apply`. */
export interface OverlayOptions extends Pick<ApplyOptions, 'targets' | 'nodes'> {
  readonly leftOut: LeftOut;
}

/**
 * Sees by a real connection that an overlay connects the nodes that answer, before servers are on it: only when the next apply makes it.
 *
 * @returns the exit code when the image of the probe cannot be made, which is explained on standard error then; undefined otherwise
 * @throws UserError when nodes cannot be reached over it, or cannot have the image
 */
export async function requireOverlay(
  workspace: Workspace,
  stack: Synthesized,
  { leftOut, targets, nodes }: OverlayOptions,
): Promise<number | undefined> {
  const { settings, stackDirectory, stateFile } = stack;
  const overlay = newOverlay(stackDirectory, stateFile);
  if (!overlay) return undefined;
  // On a swarm a node may be Ready and not answer here.
  const { silent } = await containersOf(settings.cluster);
  const away = [...leftOut.silent, ...silent].map(({ node }) => node);
  const probed = await nodesOf(settings, away);
  if (!probed && silent.length > 0)
    console.error(
      onStderr.yellow(`${silentInWords(silent)}: the overlay is not probed from where the data server is to run`),
    );
  if (!probed || probed.others.length === 0) return undefined;
  const image = imageOf(stackDirectory);
  const all = [probed.listener, ...probed.others];
  if ((await withoutImage(all, image)).length > 0) {
    const addresses = imageAddresses(stackDirectory, ['docker_image', 'docker_registry_image'], targets);
    const failed = await makeImages(workspace, stack, 'Make the images', { targets: addresses, nodes });
    if (failed !== undefined) return failed;
    requireImage(image, await withoutImage(all, image));
  }
  const probe = { cluster: settings.cluster, overlay, image, ...probed };
  await step('Probe the overlay', async () => requireConnected(probe, await probeOverlay(probe)));
  return undefined;
}

/** @throws UserError when nodes cannot have the image, which says nothing of the overlay */
function requireImage(image: string, without: readonly CutNode[]): void {
  if (without.length === 0) return;
  const words = without.map(({ node, why }) => `${node} cannot have it (${why})`).join(', ');
  throw new UserError(
    `the image ${image} must be had by each node, and ${words}: see that the node reaches the registry and may read there; nothing was deployed`,
  );
}

/** @throws UserError when nodes are cut off */
export function requireConnected({ listener, overlay }: Pick<Probe, 'listener' | 'overlay'>, cut: CutNode[]): void {
  if (cut.length === 0) return;
  const names = cut.map(({ node }) => node).join(' and ');
  const words = cut.flatMap(({ node, why }) => (why === '' ? [] : [`${node}: ${why}`])).join('; ');
  const found = `${names} could not connect to ${listener.name}, where the data server is to run${words && ` (${words})`}`;
  throw new UserError(
    'encrypted' in overlay.options
      ? `'encrypted' of the network must be left out unless the kernel of each node has ESP, got true, and over an encrypted overlay ${found}: take 'encrypted' out, or load the module esp4 on each node, open 4789/udp and 7946 between them and let IP protocol 50 through; nothing was deployed`
      : `'driver' of the network must be an overlay that connects all nodes, got one over which ${found}: open 4789/udp, 7946/tcp and 7946/udp between them, or load the kernel's module vxlan; nothing was deployed`,
  );
}

type Nodes = Pick<Probe, 'manager' | 'listener' | 'others'>;

/** @param silent names of nodes that do not answer */
async function nodesOf(settings: Settings, silent: readonly string[]): Promise<Nodes | undefined> {
  return usesSwarm(settings) ? nodesOfSwarm(settings, silent) : nodesOfHosts(settings, silent);
}

/** All nodes that servers may run on; one that is down or drained cannot be asked. */
async function nodesOfSwarm({ cluster }: Settings, silent: readonly string[]): Promise<Nodes | undefined> {
  const { manager, nodes } = await askSwarm(cluster);
  const [dataNode] = await dataNodesOf(cluster, manager);
  const ready = new Set(nodes.filter(isUsable).map(({ name }) => name));
  const probed = placesOf(cluster)
    .endpoints.flatMap(endpoint => (endpoint ? [probeNode(endpoint)] : []))
    .filter(({ name }) => ready.has(name) && !silent.includes(name));
  return chosen(probed, name => name === dataNode, probeNode(manager));
}

const isUsable = ({ status, availability }: { readonly status: string; readonly availability: string }): boolean =>
  status === 'Ready' && availability === 'Active';

/** The hosts of servers; that of the data server makes the overlay. */
function nodesOfHosts({ cluster, hosts = {}, appServers }: Settings, silent: readonly string[]): Nodes | undefined {
  const placed = new Set([DATA_SERVER_NAME, ...appServers].map(server => hosts[server]));
  const probed = placesOf(cluster)
    .endpoints.filter(endpoint => placed.has(endpoint?.node))
    .map(probeNode)
    .filter(({ name }) => !silent.includes(name));
  return chosen(probed, name => name === (hosts[DATA_SERVER_NAME] ?? THIS_HOST));
}

function chosen(probed: readonly ProbeNode[], isData: (name: string) => boolean, manager?: ProbeNode) {
  const listener = probed.find(({ name }) => isData(name));
  if (!listener) return undefined;
  return { manager: manager ?? listener, listener, others: probed.filter(node => node !== listener) };
}

const THIS_HOST = 'this host';

function probeNode(endpoint: Endpoint | undefined): ProbeNode {
  return { name: endpoint?.node ?? THIS_HOST, endpoint };
}

/** The engine's image: what is built, or else what is pulled. */
function imageOf(stackDirectory: string): string {
  const images = Object.values(readStack(stackDirectory).resource.docker_image ?? {});
  return (images.find(({ build }) => build) ?? images[0])?.name ?? '';
}

const PULL_SEC = 600;

/** Nodes that neither have an image nor can pull it. */
async function withoutImage(nodes: readonly ProbeNode[], image: string): Promise<CutNode[]> {
  const looks = nodes.map(async ({ name: node, endpoint }): Promise<CutNode[]> => {
    const look = await tryDocker(['image', 'inspect', image], { timeoutSec: 30, endpoint });
    if (look.code === 0) return [];
    const pull = await tryDocker(['pull', '--quiet', image], { timeoutSec: PULL_SEC, endpoint });
    return pull.code === 0 ? [] : [{ node, why: lastLine(pull.stderr) }];
  });
  return (await Promise.all(looks)).flat();
}
