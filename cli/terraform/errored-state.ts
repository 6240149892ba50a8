import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readState, type StateText } from '../../app/state-text';
import { UserError } from '../terminal';

/**
 * Puts the state that Terraform could not write, as on a full disk, and left in the stack's folder, into its place, when it is newer than the one
 * there or that one is cut short.
 *
 * @returns whether it did.
 * @throws UserError when there is still no room for it; both files are as they were.
 */
export function takeErroredState(stackDirectory: string, stateFile: string): boolean {
  const errored = join(stackDirectory, 'errored.tfstate');
  if (!existsSync(errored)) return false;
  const [left, present] = [readable(errored), readable(stateFile)];
  // One that is cut short as well helps nobody.
  if (left?.serial === undefined) return false;
  if (present?.serial !== undefined && present.serial >= left.serial) return false;
  const scratch = `${stateFile}.${process.pid}.new`;
  try {
    writeFileSync(scratch, readFileSync(errored), { mode: 0o600 });
    renameSync(scratch, stateFile);
  } catch (error) {
    rmSync(scratch, { force: true });
    throw new UserError(
      `the Terraform state '${stateFile}' must be written again from '${errored}', where Terraform left it, and cannot be (${(error as Error).message}): make room, then run the same command again`,
    );
  }
  rmSync(errored);
  return true;
}

function readable(file: string): StateText | undefined {
  try {
    return readState(file);
  } catch {
    return undefined;
  }
}
