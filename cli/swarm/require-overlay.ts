import { usesSwarm } from '../../app/node-settings';
import type { Settings } from '../../app/settings';
import type { Synthesized } from '../../app/synthesize';
import { DATA_SERVER_NAME } from '../../contract/contract';
import { tryDocker } from '../access/docker';
import { placesOf, type Endpoint } from '../access/endpoints';
import { printExplanations } from '../failures/explain';
import { UserError, step } from '../terminal';
import { readStack } from '../terraform/stack-file';
import { apply, type Workspace } from '../terraform/terraform';
import { dataNodesOf } from './data-node';
import { newOverlay } from './new-overlay';
import { askSwarm } from './nodes';
import { probeOverlay, type CutNode, type Probe, type ProbeNode } from './probe-overlay';

/**
 * Sees by a real connection that an overlay connects the nodes, before servers are on it: only when the next apply makes it.
 *
 * @returns the exit code when the image of the probe cannot be had, which is explained on standard error then; undefined otherwise
 * @throws UserError when nodes cannot be reached over it
 */
export async function requireOverlay(workspace: Workspace, stack: Synthesized): Promise<number | undefined> {
  const { settings, stackDirectory, stateFile } = stack;
  const overlay = newOverlay(stackDirectory, stateFile);
  if (!overlay) return undefined;
  const nodes = await nodesOf(settings);
  if (!nodes || nodes.others.length === 0) return undefined;
  const image = imageOf(stackDirectory);
  if (!(await hasImage(nodes.listener, image))) {
    const failed = await makeImages(workspace, stack);
    if (failed !== undefined) return failed;
  }
  const probe = { cluster: settings.cluster, overlay, image, ...nodes };
  await step('Probe the overlay', async () => requireConnected(probe, await probeOverlay(probe)));
  return undefined;
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

function nodesOf(settings: Settings): Promise<Nodes | undefined> {
  return usesSwarm(settings) ? nodesOfSwarm(settings) : Promise.resolve(nodesOfHosts(settings));
}

/** All nodes that servers may run on; one that is down or drained cannot be asked. */
async function nodesOfSwarm({ cluster }: Settings): Promise<Nodes | undefined> {
  const { manager, nodes } = await askSwarm(cluster);
  const [dataNode] = await dataNodesOf(cluster, manager);
  const ready = new Set(nodes.filter(isUsable).map(({ name }) => name));
  const probed = placesOf(cluster)
    .endpoints.flatMap(endpoint => (endpoint ? [probeNode(endpoint)] : []))
    .filter(({ name }) => ready.has(name));
  return chosen(probed, name => name === dataNode, probeNode(manager));
}

const isUsable = ({ status, availability }: { readonly status: string; readonly availability: string }): boolean =>
  status === 'Ready' && availability === 'Active';

/** The hosts of servers; that of the data server makes the overlay. */
function nodesOfHosts({ cluster, hosts = {}, appServers }: Settings): Nodes | undefined {
  const placed = new Set([DATA_SERVER_NAME, ...appServers].map(server => hosts[server]));
  const probed = placesOf(cluster)
    .endpoints.filter(endpoint => placed.has(endpoint?.node))
    .map(probeNode);
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

async function hasImage({ endpoint }: ProbeNode, image: string): Promise<boolean> {
  const look = await tryDocker(['image', 'inspect', image], { timeoutSec: 30, endpoint });
  if (look.code === 0) return true;
  return (await tryDocker(['pull', '--quiet', image], { timeoutSec: 600, endpoint })).code === 0;
}

/** Makes the images of the stack, and pushes them, as the first part of the deploy. */
async function makeImages(workspace: Workspace, stack: Synthesized): Promise<number | undefined> {
  const { resource } = readStack(stack.stackDirectory);
  const targets = ['docker_image', 'docker_registry_image'].flatMap(type =>
    Object.keys(resource[type] ?? {}).map(id => `${type}.${id}`),
  );
  const result = await step(
    'Make the images',
    progress => apply(workspace, { targets, progress }),
    ({ ok }) => ok,
  );
  if (result.ok) return undefined;
  if (result.interrupted) return 130;
  await printExplanations(result.diagnostics, stack.stackDirectory, stack.settings.cluster);
  return 1;
}
