import { loadSettings } from '../../app/settings';
import { placesOf } from '../access/endpoints';
import { askNodes, type LeftOut } from '../access/left-out';
import { requireServers } from '../access/servers';
import { silentInWords } from '../access/silent-nodes';
import { NODES_MISSING } from '../cluster-report';
import { outOfSight } from '../swarm/out-of-sight';
import { green, onStderr, visibleLines } from '../terminal';
import { exercise } from '../verification/exercise';
import { thatServe } from '../verification/that-serve';

/** `./ecp verify`: the article's exercise, shown as it goes. */
export async function verify(options: { readonly cluster?: string }): Promise<number> {
  const cluster = options.cluster ?? loadSettings(process.env).cluster;
  const found = await requireServers(cluster);
  const unasked = await notAsked(cluster);
  const servers = await thatServe(found.filter(({ name }) => !unasked?.servers.includes(name)));
  if (!unasked || servers.some(({ role }) => role === 'app-server')) {
    const problems = await exercise(servers, line => console.log(line));
    for (const problem of problems) console.error(`${onStderr.red('✗')} ${visibleLines(problem).join('\n')}`);
    if (problems.length > 0) return 1;
    console.log(green(`All ${servers.length} servers agree.`));
  }
  if (!unasked) return 0;
  const what = unasked.servers.length > 0 ? unasked.servers.join(', ') : 'what is there';
  console.error(onStderr.yellow(`${silentInWords(unasked.silent)}: ${what} not asked`));
  return NODES_MISSING;
}

/** Servers on nodes that do not answer. What a swarm has moved away from such a node is asked where it is. */
async function notAsked(cluster: string): Promise<LeftOut | undefined> {
  if (!placesOf(cluster).isSwarm) {
    const leftOut = await askNodes(cluster);
    return leftOut.silent.length > 0 ? leftOut : undefined;
  }
  const leftOut = await outOfSight(cluster);
  return leftOut.servers.length > 0 ? leftOut : undefined;
}
