import { loadSettings } from '../../app/settings';
import { askBackups, requireBackupContainer } from '../backup/backup-container';
import { requireBackupId } from '../backup/backups';
import { findingText, verifyBackup } from '../backup/verify-backup';
import { UserError, green, step } from '../terminal';

/** Options of `./ecp backup`. */
export interface BackupOptions {
  readonly cluster?: string;
  /** Name for the backup. */
  readonly tag?: string;
  /** Restore a backup to try it, instead of taking one. */
  readonly verify: boolean;
  readonly ids: readonly string[];
}

/** Takes a backup now, or restores one to see that it can be. */
export async function backup({ verify, tag, ids, ...options }: BackupOptions): Promise<number> {
  const cluster = options.cluster ?? loadSettings(process.env).cluster;
  if (!verify && ids.length > 0)
    throw new UserError(`'backup' takes no argument without '--verify', got '${ids[0]}'; leave it out`, 2);
  if (ids.length > 1)
    throw new UserError(`'--verify' takes one backup, got ${ids.join(', ')}; verify one at a time`, 2);
  if (verify && tag !== undefined)
    throw new UserError("'--tag' names a new backup, and '--verify' takes none; leave one of the two out", 2);
  if (verify) {
    const id = ids[0] === undefined ? 'newest' : requireBackupId(ids[0]);
    const finding = await step('Verify the backup', progress => verifyBackup(cluster, id, progress));
    console.log(green(`${finding.id} was restored: ${findingText(finding)}.`));
    return 0;
  }
  const container = await requireBackupContainer(cluster);
  const words = await step('Take a backup', () => askBackups(container, ['run', ...(tag === undefined ? [] : [tag])]));
  console.log(words.trim().split('\n').pop());
  return 0;
}
