import { loadSettings } from '../../app/settings';
import { requireServers } from '../access/servers';
import { green, onStderr } from '../terminal';
import { exercise } from '../verification/exercise';

/** `./ecp verify`: the article's exercise, shown as it goes. */
export async function verify(options: { readonly cluster?: string }): Promise<number> {
  const servers = await requireServers(options.cluster ?? loadSettings(process.env).cluster);
  const problems = await exercise(servers, line => console.log(line));
  for (const problem of problems) console.error(`${onStderr.red('✗')} ${problem}`);
  if (problems.length > 0) return 1;
  console.log(green(`All ${servers.length} servers agree.`));
  return 0;
}
