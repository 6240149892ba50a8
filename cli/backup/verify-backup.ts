import { requireServer } from '../access/servers';
import { DATA_SERVER_NAME } from '../../contract/contract';
import { UserError } from '../terminal';
import { askBackups, requireBackupContainer } from './backup-container';
import { faultOf, restoreDatabase } from './throwaway';

/** What a restore showed. */
interface Finding {
  readonly id: string;
  readonly globals: number;
  readonly nodes: number;
  readonly differ: readonly { readonly name: string }[];
}

/**
 * Restores a backup into a container of its own, checks the database, and compares each global with what was noted when the backup was taken.
 *
 * @param id `newest` or an id
 * @throws UserError when something is not as it was
 */
export async function verifyBackup(cluster: string, id: string, progress: (what: string) => void): Promise<Finding> {
  const container = await requireBackupContainer(cluster);
  const server = await requireServer(cluster, DATA_SERVER_NAME);
  progress('read every byte of the repository');
  await askBackups(container, ['check']);
  progress('fetch it');
  const fetched = (await askBackups(container, ['fetch', id])).trim();
  try {
    progress(`restore ${fetched}`);
    const result = await restoreDatabase({ cluster, server }, ['verify', fetched]);
    if (result.code !== 0) throw new UserError(`the backup ${fetched} cannot be restored: ${faultOf(result)}`);
    const finding = JSON.parse(result.stdout) as Finding;
    if (finding.differ.length > 0) {
      const names = finding.differ.map(({ name }) => `^${name}`).join(', ');
      throw new UserError(`the backup ${fetched} differs from what was noted when it was taken: ${names}`);
    }
    await askBackups(container, ['verified', fetched]);
    return finding;
  } finally {
    await askBackups(container, ['cleanup']);
  }
}
