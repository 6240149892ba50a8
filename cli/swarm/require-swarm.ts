import { isLocalRegistry } from '../../app/registry-login';
import type { Settings } from '../../app/settings';
import { DATA_NODE_LABEL } from '../../contract/contract';
import { placesOf, type Endpoint } from '../access/endpoints';
import { UserError } from '../terminal';
import { dataNodesOf } from './data-node';
import { askSwarm } from './nodes';

const REGISTRY_SEC = 10;

/**
 * Looks at all that a deploy onto a swarm needs, before anything is changed.
 *
 * @throws UserError with a sentence for each thing that is not so.
 */
export async function requireSwarm({ cluster, registry }: Settings): Promise<void> {
  const { manager, nodes } = await askSwarm(cluster);
  const managers = nodes.filter(node => node.manager !== '').length;
  const [ofDataNode, ofRegistry] = await Promise.all([
    dataNodeProblems(cluster, manager),
    registry === undefined ? [] : registryProblems(registry),
  ]);
  const problems = [
    ...firstNodeProblems(cluster, manager.node),
    ...ofDataNode,
    ...(managers % 2 === 1
      ? []
      : [
          `'nodes' must be a swarm with an odd number of managers, of which more than half must answer, got ${managers}: docker node promote or demote one (one at a time)`,
        ]),
    ...ofRegistry,
  ];
  if (problems.length > 0) throw new UserError(problems.join('\n'));
}

/** Terraform asks the first node alone. */
function firstNodeProblems(cluster: string, answering: string): string[] {
  const [first] = placesOf(cluster).endpoints;
  if (first === undefined || first.node === answering) return [];
  return [
    `'nodes' must begin with a manager that answers, got ${first.node}, which does not: start it, or name ${answering} first in ECP_NODES`,
  ];
}

async function dataNodeProblems(cluster: string, manager: Endpoint): Promise<string[]> {
  const holders = await dataNodesOf(cluster, manager);
  if (holders.length === 1) return [];
  const found = holders.length === 0 ? 'none has it' : `${holders.join(' and ')} have it`;
  const remedy =
    holders.length === 0
      ? `docker node update --label-add ${DATA_NODE_LABEL}=${cluster} NODE`
      : `docker node update --label-rm ${DATA_NODE_LABEL} NODE, where the data is not`;
  return [
    `one node must have the label ${DATA_NODE_LABEL}=${cluster}, since the data is there, and ${found}: ${remedy}`,
  ];
}

/** Any answer of HTTP will do: a login is Terraform's to bring. */
async function registryProblems(registry: string): Promise<string[]> {
  const address = registry.split('/')[0]!;
  const scheme = isLocalRegistry(address) ? 'http' : 'https';
  try {
    await fetch(`${scheme}://${address}/v2/`, { signal: AbortSignal.timeout(REGISTRY_SEC * 1000) });
    return [];
  } catch (error) {
    const { cause } = error as { cause?: { code?: string; message?: string } };
    const why = cause?.code ?? cause?.message ?? (error as Error).message;
    return [
      `'registry' must answer, since images are pushed to it and pulled from it, and ${address} does not (${why}): start it, or correct ECP_REGISTRY`,
    ];
  }
}
