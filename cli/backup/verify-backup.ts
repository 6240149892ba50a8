import { UserError } from '../terminal';
import { askBackups, requireBackupContainer } from './backup-container';
import { dataServersThere } from './data-server-rest';
import { faultOf, restoreDatabase } from './throwaway';

/** What a restore showed. */
export interface Finding {
  readonly id: string;
  readonly differ: readonly { readonly name: string }[];
  /** What was counted and compared. Not of InterSystems IRIS, whose databases are not counted while it is frozen. */
  readonly globals?: number;
  readonly nodes?: number;
  /** Databases of InterSystems IRIS whose structure was checked, and those that had the mark which the freeze left. */
  readonly databases?: number;
  readonly marks?: number;
}

/** What of a backup is as it should be. */
export function findingText({ globals = 0, nodes = 0, databases, marks = 0 }: Finding): string {
  if (databases === undefined) return `${globals} globals with ${nodes} nodes are as they were noted`;
  return `the structure of ${databases} databases is sound, and ${marks} have the mark that the freeze left in them`;
}

/**
 * Restores a backup into a container of its own, checks the database, and compares it with what was noted when the backup was taken.
 *
 * @param id `newest` or an id
 * @throws UserError when something is not as it was
 */
export async function verifyBackup(cluster: string, id: string, progress: (what: string) => void): Promise<Finding> {
  const container = await requireBackupContainer(cluster);
  const [server] = await dataServersThere(cluster);
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
