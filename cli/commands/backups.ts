import { loadSettings } from '../../app/settings';
import { requireBackupContainer } from '../backup/backup-container';
import { coverageOf, listBackups, type Backup } from '../backup/backups';
import { table } from '../columns';
import { visible } from '../terminal';
import { sizeOf } from '../views/backup';

/** `./ecp backups`: what the repository has, the newest last. */
export async function backups(options: { readonly cluster?: string; readonly json: boolean }): Promise<number> {
  const cluster = options.cluster ?? loadSettings(process.env).cluster;
  const list = await listBackups(await requireBackupContainer(cluster));
  console.log(options.json ? JSON.stringify(withCoverage(list), undefined, 2) : backupsTable(list));
  return 0;
}

function withCoverage(list: readonly Backup[]): unknown[] {
  const since = coverageOf(list);
  return list.map(each => ({ ...each, anyTimeSince: since.get(each.id) ?? null }));
}

/** The table for people. */
export function backupsTable(list: readonly Backup[]): string {
  if (list.length === 0) return 'No backup has been taken yet; ./ecp backup takes one.';
  const since = coverageOf(list);
  const rows = list.map(({ id, at, bytes, tag, verified }) => [
    visible(id),
    visible(at),
    sizeOf(bytes),
    since.get(id) ? `any time since ${visible(since.get(id)!)}` : 'this moment',
    verified === '' ? 'no' : visible(verified),
    visible(tag),
  ]);
  return table(['ID', 'TAKEN AT', 'SIZE', 'COVERS', 'VERIFIED', 'TAG'], rows);
}
