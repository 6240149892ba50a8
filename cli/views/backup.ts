import type { BackupStatus } from '../access/node-status';
import type { ClusterReport } from '../cluster-report';
import { visible } from '../terminal';

/** What the data server says of its backups; nothing when there are none, or it was not asked. */
export function backupOf({ servers }: Pick<ClusterReport, 'servers'>): BackupStatus | undefined {
  return servers.find(({ server, status }) => server.role === 'data-server' && status?.backup)?.status?.backup;
}

/** One line on the newest backup and the newest one that was verified. */
export function backupLine(backup: BackupStatus, now: Date): string {
  if (backup.id === '') return 'Backups: none yet; ./ecp backup takes one';
  const verified =
    backup.verified === '' ? 'none verified' : `${visible(backup.verified)} verified ${agoOf(backup.verifiedAt, now)}`;
  const size = `${sizeOf(backup.bytes)} in ${backup.durationSec} s`;
  return `Backups: ${visible(backup.id)} ${agoOf(backup.at, now)} (${size}), ${verified}`;
}

/** Seconds, minutes, hours or days since a time. */
function agoOf(time: string, now: Date): string {
  const seconds = Math.max(0, Math.round((now.getTime() - Date.parse(time)) / 1000));
  if (Number.isNaN(seconds)) return 'at an unknown time';
  const [unit, length] = (
    [
      ['d', 86_400],
      ['h', 3600],
      ['min', 60],
      ['s', 1],
    ] as const
  ).find(([, each]) => seconds >= 2 * each) ?? ['s', 1];
  return `${Math.floor(seconds / length)} ${unit} ago`;
}

/** A size in the largest unit that leaves a number. */
export function sizeOf(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let size = bytes;
  while (size >= 1024 && units.length > 1) {
    size /= 1024;
    units.shift();
  }
  return `${size < 10 && units[0] !== 'B' ? size.toFixed(1) : Math.round(size)} ${units[0]}`;
}
