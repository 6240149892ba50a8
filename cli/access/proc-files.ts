import { createHash } from 'node:crypto';
import { lstatSync, readFileSync, readdirSync, readlinkSync, statSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { FILES_DIRECTORY } from '../../contract/contract';
import type { ContainerFacts } from './docker';

/**
 * Reads the files of a server that runs on this machine where the server's own process sees them, which only root may: no process is
 * started, and fifty servers take no longer than one.
 *
 * @returns what LIST in delivered-files.ts prints, or undefined when that has to be asked: the container runs elsewhere, this user may not look,
 * or there is something in the volume that no delivery makes.
 */
export function listThroughProc(container: ContainerFacts): string | undefined {
  try {
    return listFolder(filesOf(container), statSync(`/proc/${container.State.Pid}`));
  } catch {
    return undefined;
  }
}

/**
 * As `listThroughProc`, one file of the newest delivery.
 *
 * @param file Below FILES_DIRECTORY, such as `pki/cert.pem`.
 * @returns its content, or undefined as `listThroughProc`
 */
export function readThroughProc(container: ContainerFacts, file: string): string | undefined {
  try {
    return readInFolder(filesOf(container), file);
  } catch {
    return undefined;
  }
}

function filesOf({ Id: id, State: { Pid: pid }, endpoint }: ContainerFacts): string {
  if (endpoint) throw new Error('the container runs elsewhere');
  // Another machine's process could have this number.
  if (!readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(id)) throw new Error('the container runs elsewhere');
  return `/proc/${pid}/root${FILES_DIRECTORY}`;
}

/** As `readThroughProc`, from a folder. @throws Error when it cannot be read, or is no file of a delivery. */
export function readInFolder(folder: string, file: string): string {
  const path = join(folder, currentOf(folder), file);
  // A link is neither.
  if (!kindOf(dirname(path)).isDirectory || !lstatSync(path).isFile()) throw new Error(`${file} is no file`);
  return readFileSync(path, 'utf8');
}

function currentOf(folder: string): string {
  const link = readlinkSync(join(folder, 'current'));
  requireLink(link, /^\.[\w-]+$/);
  if (!kindOf(join(folder, link)).isDirectory) throw new Error('current is no directory');
  return link;
}

/**
 * As `listThroughProc`, for a folder.
 *
 * @param reader Owner of the process that reads the files, whose rights count.
 * @throws Error when it cannot be read, or has what no delivery makes.
 */
export function listFolder(folder: string, reader: Pick<Stats, 'uid' | 'gid'>): string {
  const link = currentOf(folder);
  const list = readInFolder(folder, '.sha256');
  const lines: string[] = [];
  const note = (path: string): void => {
    const file = join(folder, path);
    const stat = statSync(file);
    if (!stat.isFile()) throw new Error(`${path} is no file`);
    if (isReadable(stat, reader)) lines.push(`${hashOf(file)}  ${path}\n`);
  };
  for (const entry of namesIn(folder)) {
    if (entry === 'current') continue;
    const { isLink, isDirectory } = kindOf(join(folder, entry));
    if (isLink) {
      requireLink(readlinkSync(join(folder, entry)), /^current\/[\w.-]+$/);
      const shown = kindOf(join(folder, 'current', entry));
      if (shown.isLink) throw new Error(`${entry} is a link to a link`);
      if (shown.isDirectory && entry !== 'pki') throw new Error(`${entry} is a directory`);
      if (!shown.isDirectory) note(entry);
    } else if (isDirectory) {
      throw new Error(`${entry} is a directory`);
    } else {
      note(entry);
    }
  }
  for (const entry of namesIn(join(folder, 'pki'))) {
    if (kindOf(join(folder, 'pki', entry)).isLink) throw new Error(`pki/${entry} is a link`);
    note(`pki/${entry}`);
  }
  return `${link}\n=\n${list}=\n${lines.join('')}complete\n`;
}

/** An absolute link would lead out of the container, into this machine. */
function requireLink(target: string, pattern: RegExp): void {
  if (!pattern.test(target)) throw new Error(`a link leads to ${target}`);
}

/** As `*` of a shell. */
function namesIn(folder: string): string[] {
  const names = readdirSync(folder).filter(name => !name.startsWith('.'));
  // sha256sum would write them in another way.
  if (names.some(name => /[\\\n]/.test(name))) throw new Error('a name has a backslash or a newline');
  return names.sort();
}

function kindOf(path: string): { readonly isLink: boolean; readonly isDirectory: boolean } {
  const stat = lstatSync(path);
  return { isLink: stat.isSymbolicLink(), isDirectory: stat.isDirectory() };
}

function isReadable({ mode, uid, gid }: Stats, reader: Pick<Stats, 'uid' | 'gid'>): boolean {
  if (uid === reader.uid) return (mode & 0o400) !== 0;
  return (mode & (gid === reader.gid ? 0o040 : 0o004)) !== 0;
}

function hashOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
