import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { toMarkdown } from './markdown';
import { plotsOf, QUESTIONS } from './questions/questions';
import type { Result } from './result';
import { parseResult, resultText } from './result-file';

/**
 * Writes `<name>.json`, `<name>.md` and the plots of what was measured, over what is there.
 *
 * @returns paths of the files
 */
export async function writeResult(folder: string, name: string, result: Result): Promise<string[]> {
  mkdirSync(folder, { recursive: true });
  // Plots of what an earlier run of the same day measured, and this one does not.
  removeResult(folder, name);
  const style = await resolveConfig(join(__dirname, 'write-result.ts'));
  const files = {
    [`${name}.json`]: resultText(result),
    [`${name}.md`]: await format(toMarkdown(result, name), { ...style, parser: 'markdown' }),
    ...plotsOf(name, result.samples),
  };
  return Object.entries(files).map(([file, text]) => {
    const path = join(folder, file);
    writeFileSync(path, text);
    return path;
  });
}

/** Rewrites every result of a folder from its values. */
export async function rewriteResults(folder: string): Promise<string[]> {
  const written: string[] = [];
  for (const file of readdirSync(folder).filter(name => name.endsWith('.json'))) {
    const result = parseResult(readFileSync(join(folder, file), 'utf8'));
    written.push(...(await writeResult(folder, file.slice(0, -'.json'.length), result)));
  }
  return written;
}

/** Removes what `writeResult` wrote under a name, if anything. */
export function removeResult(folder: string, name: string): void {
  const plots = QUESTIONS.flatMap(({ plot }) => (plot ? [`${plot.suffix}.svg`] : []));
  for (const end of ['.json', '.md', ...plots]) rmSync(join(folder, `${name}${end}`), { force: true });
}
