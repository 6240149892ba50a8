import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where daemons live, and what was installed by hand; the PATH of an ordinary user, or of cron, leaves them out. */
const ADMINISTRATION = ['/usr/local/bin', '/usr/local/sbin', '/usr/sbin', '/sbin'];

/** The path of a program on PATH or in the administration's folders, or undefined. */
export function findProgram(name: string, more: readonly string[] = ADMINISTRATION): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...more].filter(folder => folder !== '');
  return folders.map(folder => join(folder, name)).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
