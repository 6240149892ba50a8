import { BACKUP_ID } from '../../contract/backup';
import type { ContainerFacts } from '../access/docker';
import { UserError } from '../terminal';
import { askBackups } from './backup-container';

/** One backup in the repository. */
export interface Backup {
  readonly id: string;
  /** When the copy was made: an ISO time. */
  readonly at: string;
  readonly engine: string;
  /** Size of the database. */
  readonly bytes: number;
  /** The one before it, when the journals from there to here are in this one; empty otherwise. */
  readonly previous: string;
  /** Name that somebody gave it. */
  readonly tag: string;
  /** When a restore of it was compared with what was noted: an ISO time; empty when never. */
  readonly verified: string;
}

/** All backups of the cluster, oldest first. */
export async function listBackups(container: ContainerFacts): Promise<Backup[]> {
  return readBackups(await askBackups(container, ['list']));
}

/** Reads what the container prints. What a repository says is data: other than texts and numbers nothing is taken. */
export function readBackups(text: string): Backup[] {
  const list = JSON.parse(text) as unknown;
  if (!Array.isArray(list)) throw new UserError('the list of backups cannot be read');
  return (list as Readonly<Record<string, unknown>>[]).map(each => ({
    id: textOf(each.id),
    at: textOf(each.at),
    engine: textOf(each.engine),
    bytes: typeof each.bytes === 'number' ? each.bytes : 0,
    previous: textOf(each.previous),
    tag: textOf(each.tag),
    verified: textOf(each.verified),
  }));
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/**
 * Each backup with the moment from which on any point in time can be restored up to it, or nothing when it stands alone.
 */
export function coverageOf(backups: readonly Backup[]): ReadonlyMap<string, string | undefined> {
  const since = new Map<string, string | undefined>();
  for (const { id, previous } of backups) {
    const before = backups.find(each => each.id === previous);
    since.set(id, before && (since.get(before.id) ?? before.at));
  }
  return since;
}

/** @throws UserError unless it has the form of an id */
export function requireBackupId(id: string): string {
  if (BACKUP_ID.test(id)) return id;
  throw new UserError(
    `'ID' must be that of a backup, such as 20260131T120000Z, got '${id}'; ./ecp backups lists them`,
    2,
  );
}
