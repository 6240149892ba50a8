import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The object that all modules share, where a namespace of an import is a copy. */
const fs = createRequire(__filename)('node:fs') as typeof import('node:fs');

/** Functions that have a second path. */
const WITH_TWO_PATHS = ['copyFileSync', 'cpSync', 'linkSync', 'renameSync', 'symlinkSync'];

/** The result of a piece of work, with all paths that it asked for or wrote, present or not. */
export interface Watched<T> {
  readonly result: T;
  /** Whether each path led to anything when it was named first. */
  readonly paths: ReadonlyMap<string, boolean>;
}

type Call = (...args: unknown[]) => unknown;

/**
 * Does work that knows of files only by the functions of `fs` that end in `Sync`, and notes the paths that it gives them. What a synthesis
 * reads cannot be listed any other way without a chance to miss some: settings name files, which name others.
 */
export function watchFiles<T>(work: () => T): Watched<T> {
  const functions = fs as unknown as Record<string, Call>;
  const { existsSync } = fs;
  const paths = new Map<string, boolean>();
  const note = (argument: unknown): void => {
    if (typeof argument === 'number' || argument === undefined) return;
    const path = resolve(argument instanceof URL ? fileURLToPath(argument) : String(argument as string | Buffer));
    if (!paths.has(path)) paths.set(path, existsSync(path));
  };
  const originals = Object.entries(functions).filter(
    ([name, value]) => name.endsWith('Sync') && typeof value === 'function',
  );
  for (const [name, original] of originals) {
    const watched: Call = (...args) => {
      for (const argument of args.slice(0, WITH_TWO_PATHS.includes(name) ? 2 : 1)) note(argument);
      return original(...args);
    };
    functions[name] = Object.assign(watched, original);
  }
  try {
    return { result: work(), paths };
  } finally {
    for (const [name, original] of originals) functions[name] = original;
  }
}
