import { resolve } from 'node:path';

/**
 * A path of the command line, relative to where the user stands: the program works in the repository's folder, and its script says by npm's
 * variable from where it was called.
 */
export function fromCaller(path: string): string {
  return resolve(process.env.INIT_CWD ?? process.cwd(), path);
}
