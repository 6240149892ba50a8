import { basename } from 'node:path';
import { DURABLE_DIRECTORY } from '../../contract/contract';
import { execIn } from '../access/container';
import { dataVolumeOf, type Server } from '../access/servers';

/**
 * Data of before that restores have left beside a data server's data because they were killed: a sentence for each, with the command that
 * deletes it. Nobody else can tell whether it is still wanted.
 */
export async function leftAside(servers: readonly Server[]): Promise<string[]> {
  const looks = servers.map(async ({ container, facts }) => {
    const find = ['find', DURABLE_DIRECTORY, '-maxdepth', '1', '-type', 'd', '-name', '.aside-*'];
    const { stdout } = await execIn(facts, find, { timeoutSec: 30 });
    return stdout
      .split('\n')
      .filter(path => /\/\.aside-[0-9TZ]+$/.test(path))
      .map(
        path =>
          `a restore that was killed has left the data of before it in ${basename(path)} of the volume ${dataVolumeOf(facts) ?? ''}; docker exec ${container} restore-database forget ${path} deletes it`,
      );
  });
  return (await Promise.all(looks)).flat();
}
