import { loadSettings } from '../../app/settings';
import { requireServers } from '../access/servers';
import { askNodes } from '../access/left-out';
import { silentInWords } from '../access/silent-nodes';
import { NODES_MISSING } from '../cluster-report';
import { green, onStderr, visibleLines } from '../terminal';
import { exercise } from '../verification/exercise';

/** `./ecp verify`: the article's exercise, shown as it goes. */
export async function verify(options: { readonly cluster?: string }): Promise<number> {
  const cluster = options.cluster ?? loadSettings(process.env).cluster;
  const servers = await requireServers(cluster);
  const problems = await exercise(servers, line => console.log(line));
  for (const problem of problems) console.error(`${onStderr.red('✗')} ${visibleLines(problem).join('\n')}`);
  if (problems.length > 0) return 1;
  console.log(green(`All ${servers.length} servers agree.`));
  const { silent } = await askNodes(cluster);
  if (silent.length === 0) return 0;
  console.error(onStderr.yellow(`${silentInWords(silent)}: what is there was not asked`));
  return NODES_MISSING;
}
