import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from '../../app/folders';
import { jest } from './jest-suite';
import type { Suite } from './suite';

/** Live suites, one a file. */
export function liveSuites(ending: '.e2e.ts' | '.long.ts'): Suite[] {
  const folder = join(PROJECT, '__tests__', 'e2e');
  return readdirSync(folder)
    .filter(file => file.endsWith(ending))
    .sort()
    .map(file => {
      const name = file.slice(0, -ending.length);
      return {
        ...jest(name, `live: ${name}`, ['--selectProjects', 'e2e', '--runTestsByPath', join(folder, file)]),
        live: true,
        ...readPragmas(readFileSync(join(folder, file), 'utf8')),
      };
    });
}

/** A live suite says in comments of its own what it asks for: `// ecp-test: calm`, `// ecp-test: on demand`, `// ecp-test: cdktn`, `// ecp-test: needs chromium`. */
function readPragmas(source: string): Pick<Suite, 'calm' | 'onDemand' | 'fork' | 'needs'> {
  const pragmas = [...source.matchAll(/^\/\/ ecp-test: (.+)$/gm)].map(match => match[1]!.trim());
  return {
    calm: pragmas.includes('calm'),
    onDemand: pragmas.includes('on demand'),
    fork: pragmas.includes('cdktn'),
    needs: pragmas.filter(pragma => pragma.startsWith('needs ')).flatMap(pragma => pragma.split(/[\s,]+/).slice(1)),
  };
}
