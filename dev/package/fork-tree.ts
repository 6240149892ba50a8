import { cpSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

/** Module names as code has them, where `require`, `from` or `import` precedes each. */
const SPECIFIER = /((?:\brequire\(|\bfrom |\bimport\(|\bimport )["'])(cdktf|@cdktf\/provider-(?:docker|tls))(?=["'/])/g;

/**
 * Code, or its typings, with the modules of cdktf's fork instead of cdktf's own. The fork has the same modules, and names of the same
 * length: each line keeps its columns, and the maps stay right.
 */
export function onFork(code: string): string {
  return code.replace(SPECIFIER, (_, before: string, name: string) => `${before}${name.replace('cdktf', 'cdktn')}`);
}

/** Writes what was compiled into a folder a second time, for the fork, below its `cdktn`. The maps of both lead to the same sources. */
export function writeForkTree(dist: string): void {
  for (const part of ['constructs', 'contract']) {
    for (const name of readdirSync(join(dist, part), { recursive: true, encoding: 'utf8' })) {
      const from = join(dist, part, name);
      if (statSync(from).isFile()) writeOnFork(from, join(dist, 'cdktn', part, name));
    }
  }
}

function writeOnFork(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  if (from.endsWith('.map')) writeFileSync(to, movedMap(readFileSync(from, 'utf8'), dirname(from), dirname(to)));
  else if (/\.(js|d\.ts)$/.test(from)) writeFileSync(to, onFork(readFileSync(from, 'utf8')));
  else cpSync(from, to);
}

function movedMap(text: string, from: string, to: string): string {
  const map = JSON.parse(text) as { sources: string[] };
  return JSON.stringify({ ...map, sources: map.sources.map(source => relative(to, resolve(from, source))) });
}
