import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Folder of this package, whether its sources run or what was built of them. */
export const PACKAGE_FOLDER = folderWith('package.json', __dirname);

function folderWith(file: string, folder: string): string {
  return existsSync(join(folder, file)) ? folder : folderWith(file, dirname(folder));
}
