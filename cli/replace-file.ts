import { randomBytes } from 'node:crypto';
import { realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { fromCaller } from './from-caller';
import { UserError } from './terminal';

/**
 * Writes a file so that a reader sees either the old content or all of the new one. Others may read it as far as the umask says, and never
 * write: a page that somebody else can change is believed by who opens it.
 *
 * @param option Name of the option that chose the file, for the message.
 * @throws UserError when the path names something else than a file, or cannot be written.
 */
export function replaceFile(option: string, given: string, content: string): void {
  // What is empty stays so, and names no folder.
  const path = given && fromCaller(given);
  try {
    const before = statSync(path, { throwIfNoEntry: false });
    // A rename would replace a device, or what /dev/stdout leads to.
    if (before && !before.isFile()) throw new Error(before.isDirectory() ? 'it is a folder' : 'it is not a file');
    if (/^\/(dev|proc)\//.test(path)) throw new Error('it is not a file');
    const target = before ? realpathSync(path) : path;
    const scratch = `${target}.${randomBytes(6).toString('hex')}.new`;
    try {
      writeFileSync(scratch, content, { flag: 'wx', mode: 0o644 });
      renameSync(scratch, target);
    } finally {
      rmSync(scratch, { force: true });
    }
  } catch (error) {
    throw new UserError(
      `'${option}' must name a file that can be written, got '${given}' (${(error as Error).message}); name another`,
      2,
    );
  }
}
