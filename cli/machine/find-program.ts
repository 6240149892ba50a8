import fs from 'node:fs';
import path from 'node:path';

/** Where daemons live, and what was installed by hand; the PATH of an ordinary user, or of cron, leaves them out. */
const ADMINISTRATION = ['/usr/local/bin', '/usr/local/sbin', '/usr/sbin', '/sbin'];

/** The path of a program on PATH or in the administration's folders, or undefined. */
export function findProgram(name: string, more: readonly string[] = ADMINISTRATION): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), ...more].filter(folder => folder !== '');
  return folders.map(folder => path.join(folder, name)).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}
