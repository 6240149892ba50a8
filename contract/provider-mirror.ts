import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

/** Name of the lock file in the folder of providers that a set-up built. */
export const LOCK_FILE = 'terraform.lock.hcl';

/**
 * Lets Terraform find the providers that a set-up built, without a registry and without any configuration of its own:
 * `terraform.d/plugins` in a stack's folder is a mirror that Terraform looks into by itself. The lock file comes along, since
 * cdktf asks the registry for one when it is absent.
 *
 * Where no providers were built, it leaves everything alone.
 */
export function linkProviders(stackDirectory: string, providers: string): void {
  const link = join(stackDirectory, 'terraform.d', 'plugins');
  const lock = join(stackDirectory, '.terraform.lock.hcl');
  const ourLock = join(providers, LOCK_FILE);
  if (!existsSync(ourLock)) {
    removeLeftovers(link, lock, providers);
    return;
  }
  const target = relative(dirname(link), providers);
  if (kindOf(link) === 'folder') return; // The user's own mirror.
  if (kindOf(link) === 'nothing' || readlinkSync(link) !== target) replace(link, file => symlinkSync(target, file));
  const content = readFileSync(ourLock, 'utf8');
  if (!existsSync(lock) || !holdsAll(readFileSync(lock, 'utf8'), content))
    replace(lock, file => writeFileSync(file, content));
}

/** Providers were built once and removed since: a dangling link and their lock would keep Terraform from the registry. */
function removeLeftovers(link: string, lock: string, providers: string): void {
  if (kindOf(link) !== 'link') return;
  if (resolve(dirname(link), readlinkSync(link)) !== resolve(providers)) return;
  rmSync(link, { force: true });
  rmSync(lock, { force: true });
}

/** True when each provider package that is locked in `wanted` is locked in `present` too. */
function holdsAll(present: string, wanted: string): boolean {
  return (wanted.match(/"h1:[^"]+"/g) ?? []).every(hash => present.includes(hash));
}

function kindOf(file: string): 'nothing' | 'link' | 'folder' {
  const found = lstatSync(file, { throwIfNoEntry: false });
  if (!found) return 'nothing';
  return found.isSymbolicLink() ? 'link' : 'folder';
}

/** Puts a new file in another one's place by a rename, since two synths may run at once. */
function replace(file: string, create: (scratch: string) => void): void {
  mkdirSync(dirname(file), { recursive: true });
  const scratch = `${file}.${process.pid}`;
  rmSync(scratch, { force: true });
  create(scratch);
  renameSync(scratch, file);
}
