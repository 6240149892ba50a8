import { loadSettings } from '../../app/settings';
import { docker } from '../access/docker';
import { placesOf } from '../access/endpoints';
import { nearest } from '../../contract/messages';
import { setService } from '../entry-point/set-service';
import { awaitLeave } from '../swarm/await-leave';
import { askSwarm } from '../swarm/nodes';
import { UserError, step } from '../terminal';

/** Options of `./ecp drain` and `./ecp activate`. */
export interface DrainOptions {
  readonly cluster?: string;
  /** One server, or one node of a swarm. */
  readonly names: readonly string[];
}

/**
 * Takes an application server out of the entry point, or lets it serve again. On a swarm it lets servers leave a node, or come to it again; the
 * data server does not move: it waits for its node.
 */
export async function setAvailability(to: 'drain' | 'active', { cluster, names }: DrainOptions): Promise<number> {
  const command = to === 'drain' ? 'drain' : 'activate';
  const [name, ...more] = names;
  if (name === undefined || more.length > 0)
    throw new UserError(
      `'${command}' takes one server, or on a swarm one node, got ${names.length === 0 ? 'none' : names.join(', ')}`,
      2,
    );
  const of = cluster ?? loadSettings(process.env).cluster;
  if (!placesOf(of).isSwarm) return setService(to, of, name);
  const { manager, nodes: known } = await askSwarm(of);
  const nodes = known.map(node => node.name);
  if (!nodes.includes(name)) {
    const meant = nearest(name, nodes);
    throw new UserError(
      `'NODE' must be a node of the swarm, got '${name}'${meant ? ` (did you mean '${meant}'?)` : ''}; nodes are ${nodes.join(', ')}`,
      2,
    );
  }
  await docker(['node', 'update', '--availability', to, name], 30, { endpoint: manager });
  if (to === 'active') {
    console.log(`${name} takes servers again`);
    return 0;
  }
  const left = await step(
    `Wait until servers have left ${name}`,
    progress => awaitLeave(of, name, manager, progress),
    tasks => tasks.length === 0,
  );
  if (left.length > 0) {
    console.error(`${left.join(', ')} still run on ${name}; docker service ps says why`);
    return 1;
  }
  console.log(`${name} is drained: its servers start on other nodes, the data server excepted`);
  return 0;
}
