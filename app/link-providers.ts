import fs from 'node:fs';
import path from 'node:path';
import { PROVIDERS } from './folders';

/** Name of the lock file in the folder of the providers that were built here. */
export const LOCK_FILE = 'terraform.lock.hcl';

/**
 * Lets Terraform find the providers that were built here, without a registry and without any configuration of its own:
 * `terraform.d/plugins` in a stack's folder is a mirror that Terraform looks into by itself. The lock file comes along, since
 * cdktf asks the registry for one when it is absent.
 *
 * Where no providers were built, it leaves everything alone.
 */
export function linkProviders(stackDirectory: string, providers = PROVIDERS): void {
  const link = path.join(stackDirectory, 'terraform.d', 'plugins');
  const lock = path.join(stackDirectory, '.terraform.lock.hcl');
  const ourLock = path.join(providers, LOCK_FILE);
  if (!fs.existsSync(ourLock)) {
    removeLeftovers(link, lock, providers);
    return;
  }
  const target = path.relative(path.dirname(link), providers);
  if (kindOf(link) === 'folder') return; // The user's own mirror.
  if (kindOf(link) === 'nothing' || fs.readlinkSync(link) !== target)
    replace(link, file => fs.symlinkSync(target, file));
  const content = fs.readFileSync(ourLock, 'utf8');
  if (!fs.existsSync(lock) || !holdsAll(fs.readFileSync(lock, 'utf8'), content))
    replace(lock, file => fs.writeFileSync(file, content));
}

/** Providers were built once and removed since: a dangling link and their lock would keep Terraform from the registry. */
function removeLeftovers(link: string, lock: string, providers: string): void {
  if (kindOf(link) !== 'link') return;
  if (path.resolve(path.dirname(link), fs.readlinkSync(link)) !== path.resolve(providers)) return;
  fs.rmSync(link, { force: true });
  fs.rmSync(lock, { force: true });
}

/** True when each provider package that is locked in `wanted` is locked in `present` too. */
function holdsAll(present: string, wanted: string): boolean {
  return (wanted.match(/"h1:[^"]+"/g) ?? []).every(hash => present.includes(hash));
}

function kindOf(file: string): 'nothing' | 'link' | 'folder' {
  const found = fs.lstatSync(file, { throwIfNoEntry: false });
  if (!found) return 'nothing';
  return found.isSymbolicLink() ? 'link' : 'folder';
}

/** Puts a new file in another one's place by a rename, since two synths may run at once. */
function replace(file: string, create: (scratch: string) => void): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const scratch = `${file}.${process.pid}`;
  fs.rmSync(scratch, { force: true });
  create(scratch);
  fs.renameSync(scratch, file);
}
