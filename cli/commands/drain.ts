import { loadSettings } from '../../app/settings';
import { docker } from '../access/docker';
import { placesOf } from '../access/endpoints';
import { nearest } from '../../contract/messages';
import { askSwarm } from '../swarm/nodes';
import { UserError } from '../terminal';

/** Options of `./ecp drain` and `./ecp activate`. */
export interface DrainOptions {
  readonly cluster?: string;
  readonly nodes: readonly string[];
}

/** Lets servers leave a node, or come to it again. The data server does not move: it waits for its node. */
export async function setAvailability(to: 'drain' | 'active', { cluster, nodes }: DrainOptions): Promise<number> {
  const command = to === 'drain' ? 'drain' : 'activate';
  const [name, ...more] = nodes;
  if (name === undefined || more.length > 0)
    throw new UserError(`'${command}' takes one node, got ${nodes.length === 0 ? 'none' : nodes.join(', ')}`, 2);
  const of = cluster ?? loadSettings(process.env).cluster;
  if (!placesOf(of).isSwarm)
    throw new UserError(`'${command}' is for clusters on a swarm, and '${of}' runs on no swarm; set ECP_NODES`, 2);
  const { manager, nodes: known } = await askSwarm(of);
  const names = known.map(node => node.name);
  if (!names.includes(name)) {
    const meant = nearest(name, names);
    throw new UserError(
      `'NODE' must be a node of the swarm, got '${name}'${meant ? ` (did you mean '${meant}'?)` : ''}; nodes are ${names.join(', ')}`,
      2,
    );
  }
  await docker(['node', 'update', '--availability', to, name], 30, { endpoint: manager });
  console.log(
    to === 'drain'
      ? `${name} is drained: servers move to other nodes, the data server excepted`
      : `${name} takes servers again`,
  );
  return 0;
}
