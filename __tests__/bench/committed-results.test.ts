import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { headlineFigures } from '../../bench/report/headline';
import { toMarkdown } from '../../bench/report/markdown';
import { plotsOf } from '../../bench/report/questions/questions';
import { parseResult, resultText } from '../../bench/report/result-file';
import { judgeTargets } from '../../bench/report/targets';

const ROOT = join(__dirname, '..', '..');
const RESULTS = join(ROOT, 'bench', 'results');
const NAMES = readdirSync(RESULTS)
  .filter(file => file.endsWith('.json'))
  .map(file => file.slice(0, -'.json'.length))
  .sort();

const read = (file: string): string => readFileSync(file, 'utf8');
const resultOf = (name: string) => parseResult(read(join(RESULTS, `${name}.json`)));
/** Prettier pads tables. */
const unpadded = (text: string): string => text.replaceAll(/-{3,}/g, '---').replaceAll(/ +/g, ' ').trim();

test('there is one', () => {
  expect(NAMES).not.toEqual([]);
});

test.each(NAMES)('%s: page, plots and targets are those of its samples', name => {
  const result = resultOf(name);
  const plots = plotsOf(name, result.samples);
  const others = NAMES.filter(other => other.length > name.length);
  const files = readdirSync(RESULTS)
    .filter(file => file.startsWith(name))
    .filter(file => !others.some(other => file.startsWith(other)));
  expect(files.sort()).toEqual([`${name}.json`, `${name}.md`, ...Object.keys(plots)].sort());
  for (const [file, text] of Object.entries(plots)) expect(read(join(RESULTS, file))).toBe(text);
  expect(unpadded(read(join(RESULTS, `${name}.md`)))).toBe(unpadded(toMarkdown(result, name)));
  expect(result.targets).toEqual(judgeTargets(result.samples, result.parts));
  expect(read(join(RESULTS, `${name}.json`))).toBe(resultText(result));
});

test('docs/benchmarks.md shows the figures of the newest result of all parts', () => {
  const newest = NAMES.filter(name => /^[\d-]+$/.test(name)).at(-1)!;
  const [, block] =
    /<!-- benchmark: begin -->(.*)<!-- benchmark: end -->/s.exec(read(join(ROOT, 'docs', 'benchmarks.md'))) ?? [];
  expect(unpadded(block ?? '')).toBe(unpadded(headlineFigures(resultOf(newest), newest)));
});
