import { USAGE, parseOptions } from '../../bench/options';
import { UserError } from '../../cli/terminal';

const parse = (words: string) => parseOptions(words.split(' ').filter(Boolean));

it('without options all parts but machines are measured five times, and once when it is to be quick', () => {
  const all = {
    parts: ['synth', 'engine', 'image', 'backup', 'operations'],
    sizes: undefined,
    out: undefined,
    report: false,
  };
  expect(parse('')).toEqual({ ...all, quick: false, runs: 5 });
  expect(parse('--quick')).toEqual({ ...all, quick: true, runs: 1 });
});

it('an option goes before what it has by default', () => {
  const own = { quick: true, runs: 100, sizes: [1, 200, 7], out: 'some/folder', report: true };
  expect(parse('--quick --runs 100 --sizes 1,200,7 --out some/folder --report')).toMatchObject(own);
});

it('parts have an order of their own, and each is measured once', () => {
  expect(parse('--only image,synth,image').parts).toEqual(['synth', 'image']);
});

it('sizes of backups are megabytes, and may be more than a cluster can have servers', () => {
  expect(parse('--only backup --sizes 1000').sizes).toEqual([1000]);
});

const PARTS = "'--only' must name parts of the benchmark (synth, engine, image, backup, machines, operations), got";
const RUNS = "'--runs' must be a whole number from 1 to 100, got";
const SIZES = "'--sizes' must be a whole number from 1 to 200, got";

it.each([
  ['--only synth,syth', `${PARTS} 'syth'`],
  ['--only=', `${PARTS} ''`],
  ['--runs 0', `${RUNS} '0'`],
  ['--runs 101', `${RUNS} '101'`],
  ['--runs 1.5', `${RUNS} '1.5'`],
  ['--runs=-1', `${RUNS} '-1'`],
  ['--runs 1e1', `${RUNS} '1e1'`],
  ['--sizes 2,201', `${SIZES} '201'`],
  ['--sizes 2,', `${SIZES} ''`],
  ['--fast', `Unknown option '--fast'\n${USAGE}`],
  ['fast', `Unexpected argument 'fast'\n${USAGE}`],
  ['--out', `Option '--out <value>' argument missing\n${USAGE}`],
])('%s is refused in a sentence, with exit code 2', (words, sentence) => {
  const refusal = expect.objectContaining({ constructor: UserError, message: sentence, exitCode: 2 }) as Error;
  expect(() => parse(words)).toThrow(refusal);
});
