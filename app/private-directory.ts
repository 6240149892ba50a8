import { accessSync, chmodSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { SettingsError } from './settings';

/**
 * A folder for its owner alone, made where it is missing.
 *
 * @throws SettingsError naming the variable that chooses the folder.
 */
export function privateDirectory(variable: string, directory: string): string {
  try {
    makeDirectory(directory);
    if (!statSync(directory).isDirectory()) throw new Error('it is a file');
    chmodSync(directory, 0o700);
    accessSync(directory, constants.W_OK);
  } catch (caught) {
    const error = caught as NodeJS.ErrnoException;
    const why =
      error.code === 'EACCES' || error.code === 'EPERM'
        ? `this user may not write the folder '${existing(directory)}'`
        : error.message;
    throw new SettingsError(
      `'${variable}' must be a folder that can be made and written, got '${directory}' (${why}); choose another, or let the user write there`,
    );
  }
  return directory;
}

/** The folder, or what there is of the path to it. */
function existing(directory: string): string {
  return existsSync(directory) ? directory : existing(dirname(directory));
}

/** Node's own `recursive` never returns below a folder like /proc, which exists and takes nothing. */
function makeDirectory(directory: string): void {
  if (existsSync(directory)) return;
  makeDirectory(dirname(directory));
  mkdirSync(directory, { mode: 0o700 });
}
