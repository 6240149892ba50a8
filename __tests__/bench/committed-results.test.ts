import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { growthOf } from '../../bench/growth';
import { headlineFigures } from '../../bench/report/headline';
import type { Result } from '../../bench/report/result';
import { engineSvg, operationsSvg } from '../../bench/report/svg';
import { judgeTargets } from '../../bench/report/targets';

const ROOT = join(__dirname, '..', '..');
const RESULTS = join(ROOT, 'bench', 'results');
const NAMES = readdirSync(RESULTS)
  .filter(file => file.endsWith('.json'))
  .map(file => file.slice(0, -'.json'.length))
  .sort();

const read = (file: string): string => readFileSync(file, 'utf8');
const resultOf = (name: string): Result => JSON.parse(read(join(RESULTS, `${name}.json`))) as Result;
/** Prettier pads tables. */
const unpadded = (text: string): string => text.replaceAll(/-{3,}/g, '---').replaceAll(/ +/g, ' ').trim();

test('there is one', () => {
  expect(NAMES).not.toEqual([]);
});

test.each(NAMES)('%s: plots, targets and growth are those of its samples', name => {
  const { samples, targets, growth } = resultOf(name);
  expect(read(join(RESULTS, `${name}.svg`))).toBe(operationsSvg(samples));
  expect(read(join(RESULTS, `${name}-engine.svg`))).toBe(engineSvg(samples));
  expect(targets).toEqual(judgeTargets(samples));
  expect(growth).toEqual(JSON.parse(JSON.stringify(growthOf(samples))));
});

test('docs/benchmarks.md shows the figures of the newest result', () => {
  const newest = NAMES.at(-1)!;
  const [, block] =
    /<!-- benchmark: begin -->(.*)<!-- benchmark: end -->/s.exec(read(join(ROOT, 'docs', 'benchmarks.md'))) ?? [];
  expect(unpadded(block ?? '')).toBe(unpadded(headlineFigures(resultOf(newest), newest)));
});
