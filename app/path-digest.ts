import { createHash, type Hash } from 'node:crypto';
import { lstatSync, readFileSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** One hash over what is at the paths: contents of files, names in folders, targets of links, modes, and what is missing. */
export function digestOf(paths: readonly string[]): string {
  const hash = createHash('sha256');
  for (const path of paths) add(hash, path);
  return hash.digest('hex');
}

/** All that is in a folder, the folder itself first. */
export function treeOf(folder: string): string[] {
  return [folder, ...readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(name => join(folder, name))];
}

function add(hash: Hash, path: string): void {
  const link = lstatSync(path, { throwIfNoEntry: false });
  hash.update(`\0${path}\0${link?.isSymbolicLink() ? readlinkSync(path) : ''}\0`);
  const found = link && statSync(path, { throwIfNoEntry: false });
  if (!found) {
    hash.update('nothing');
    return;
  }
  hash.update(found.mode.toString(8));
  if (found.isDirectory()) hash.update(readdirSync(path).sort().join('\0'));
  else if (found.isFile()) hash.update(createHash('sha256').update(readFileSync(path)).digest());
  // What a pipe has said once it does not say again.
  else throw new Error(`'${path}' is no file that can be read twice`);
}
