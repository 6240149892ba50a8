import { readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { headlineFigures } from './headline';
import type { Result } from './result';

const BEGIN = '<!-- benchmark: begin -->';
const END = '<!-- benchmark: end -->';

/** The block between the marks in docs/benchmarks.md, with these figures. */
async function headlineBlock(result: Result, name: string): Promise<string> {
  const style = await resolveConfig(__filename);
  return format(`${BEGIN}\n\n${headlineFigures(result, name)}\n\n${END}\n`, { ...style, parser: 'markdown' });
}

/**
 * Puts the figures of a result between the marks of a file.
 *
 * @throws Error when the marks are not there.
 */
export async function writeHeadline(file: string, result: Result, name: string): Promise<void> {
  const text = readFileSync(file, 'utf8');
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${file} has no ${BEGIN} … ${END}`);
  writeFileSync(
    file,
    text.slice(0, begin) + (await headlineBlock(result, name)).trimEnd() + text.slice(end + END.length),
  );
}
