import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { choose } from '../statistics';
import { toMarkdown } from './markdown';
import type { Result } from './result';
import { engineSvg, operationsSvg } from './svg';

/**
 * Writes `<name>.json`, `<name>.md` and the plots of what was measured, over what is there.
 *
 * @returns paths of the files
 */
export async function writeResult(folder: string, name: string, result: Result): Promise<string[]> {
  mkdirSync(folder, { recursive: true });
  // Plots of what an earlier run of the same day measured, and this one does not.
  removeResult(folder, name);
  const { samples, ...summary } = result;
  const style = await resolveConfig(join(__dirname, 'write-result.ts'));
  const plots = {
    [`${name}.svg`]: choose(samples, { part: 'operations' }).length > 0 ? operationsSvg(samples) : undefined,
    [`${name}-engine.svg`]: choose(samples, { part: 'engine' }).length > 0 ? engineSvg(samples) : undefined,
  };
  const pictures = Object.keys(plots).filter(file => plots[file] !== undefined);
  const markdown = toMarkdown(result, pictures);
  const files = {
    // A sample a line, so that two results can be compared as text.
    [`${name}.json`]: `${JSON.stringify(summary, undefined, 2).replace(/\n}$/, '')},\n  "samples": [\n${samples
      .map(sample => `    ${JSON.stringify(sample)}`)
      .join(',\n')}\n  ]\n}\n`,
    [`${name}.md`]: await format(markdown, { ...style, parser: 'markdown' }),
    ...plots,
  };
  const written: string[] = [];
  for (const [file, text] of Object.entries(files)) {
    if (text === undefined) continue;
    const path = join(folder, file);
    writeFileSync(path, text);
    written.push(path);
  }
  return written;
}

/** Removes what `writeResult` wrote under a name, if anything. */
export function removeResult(folder: string, name: string): void {
  for (const end of ['.json', '.md', '.svg', '-engine.svg']) rmSync(join(folder, `${name}${end}`), { force: true });
}
