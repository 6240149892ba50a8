import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sample } from '../../bench/measurement';
import { headlineFigures } from '../../bench/report/headline';
import { toMarkdown } from '../../bench/report/markdown';
import type { Result } from '../../bench/report/result';
import { resultText } from '../../bench/report/result-file';
import { cell } from '../../bench/report/table';
import { removeResult, rewriteResults, writeResult } from '../../bench/report/write-result';
import { deploys, runs, speeds } from './samples';

// Prettier loads itself by an import that jest cannot do.
jest.mock('prettier', () => {
  const { format } = jest.requireActual<typeof import('prettier/standalone')>('prettier/standalone');
  const plugins = [jest.requireActual<typeof import('prettier/plugins/markdown')>('prettier/plugins/markdown')];
  return {
    resolveConfig: () => Promise.resolve({ printWidth: 120 }),
    format: (text: string, options: object) => format(text, { ...options, plugins }),
  };
});

const WHAT = { part: 'image', subject: 'image', servers: 0 } as const;
const IMAGE = [
  ...runs({ ...WHAT, action: 'build cached', quantity: 'wallSec' }, 1.5, 2.5, 2),
  ...runs({ ...WHAT, action: 'size', quantity: 'sizeMb' }, 210),
];

const MACHINE = { processor: 'Fast | 3 GHz', cores: 4, memoryGib: 16, system: 'Debian', commit: '0123456789ab' };
const PROGRAMS = { node: '20.1.0', terraform: '1.9.0', docker: '27.0.0', cdktf: '0.20.0' };
const ABOUT = { day: '2026-01-31', quick: false, parts: ['image'], runs: 3, tookMin: 12.4 } as const;
const NOTHING = { ...ABOUT, machine: { ...MACHINE, ...PROGRAMS }, targets: [], remarks: [], samples: [] };

const resultOf = (samples: readonly Sample[], others: Partial<Result> = {}): Result => ({
  ...NOTHING,
  samples,
  ...others,
});

/** Lines of a section, without its heading and what is empty. */
const section = (markdown: string, heading: string): string[] =>
  (markdown.split(`${heading}\n`)[1]?.split(/^#/m)[0] ?? '').split('\n').filter(Boolean);

it.each([
  [[1.234], undefined, '1.23'],
  [[12.34, 9, 15.55], undefined, '12.3 (9.0–15.6)'],
  [[100.4, 99.5, 101], undefined, '100 (100–101)'],
  [[9.99, 10.01], undefined, '10.0 (10.0–10.0)'],
  [[1234.56, 2000.5], 1, '1617.5 (1234.6–2000.5)'],
  [[], undefined, ''],
])('a cell of %j with %s digits is the median with least and most', (values, digits, text) => {
  expect(cell(deploys('./ecp', 2, ...values), { subject: './ecp' }, digits)).toBe(text);
});

describe('the Markdown', () => {
  it('has a column for each tool and place on machines, and a blank for what a tool does not do', () => {
    const machines = (subject: string, action: string, value: number): Sample[] =>
      deploys(subject, 2, value).map(sample => ({ ...sample, part: 'machines', action }));
    const samples = [
      ...machines('./ecp, one host', 'deploy', 8),
      ...machines('./ecp, swarm', 'deploy', 12),
      ...machines('docker stack', 'destroy', 3),
    ];
    const heading = '## How long does an operation take on a swarm of three machines?';
    const [, , head, , ...rows] = section(toMarkdown(resultOf(samples), 'x'), heading);
    expect(head).toBe('| Action | Servers | `./ecp`, one host | `./ecp`, swarm | `docker stack` |');
    expect(rows).toEqual(['| deploy | 2 | 8.00 | 12.0 |  |', '| destroy | 2 |  |  | 3.00 |']);
  });

  it('has a table of machine and targets, in which a bar is escaped', () => {
    const targets: Result['targets'] = [
      { target: 'a | b', measured: '1 | 2 s', verdict: 'reached' },
      { target: 'c', measured: '', verdict: 'not measured' },
    ];
    const markdown = toMarkdown(resultOf([], { targets }), 'day');
    expect(section(markdown, '## Targets')).toEqual([
      '| Target | Measured |  |',
      '| --- | --- | --- |',
      '| a \\| b | 1 \\| 2 s | reached |',
      '| c |  | not measured |',
    ]);
    expect(markdown).toContain('| Processor | Fast \\| 3 GHz, 4 cores |');
  });

  it('has questions, plots and remarks of nothing but what was measured', () => {
    const headings = (text: string): string[] => text.match(/^## .*/gm) ?? [];
    const title = '## How large is its image, and how long is it built?';
    const markdown = toMarkdown(resultOf(IMAGE), 'day');
    expect(headings(markdown)).toEqual(['## Targets', title]);
    expect(section(markdown, title).slice(3)).toEqual(['| build cached, s | 2.00 (1.50–2.50) |', '| size, MB | 210 |']);
    expect(markdown).not.toContain('![');
    const speed = [...speeds('plain', 'read', 1, 4), ...speeds('mutual TLS', 'read', 1, 3)];
    const more = toMarkdown(resultOf(speed, { remarks: ['Some remark.'] }), 'day');
    const tls = '## What does mutual TLS cost the rehearsal engine?';
    expect(headings(more)).toEqual(['## Targets', tls, '## Remarks']);
    expect(more).toContain(`\n![${tls.slice(3)}](day-engine.svg)\n`);
    expect(section(more, tls).at(-1)).toBe('| read | 1 | 3 | 4 | 75 % |  |  |  |  |  |  |');
  });

  it('says what an operation costs at the largest size that every tool was measured with', () => {
    const cost = { part: 'operations', action: 'deploy', quantity: 'clientCpuSec' } as const;
    const samples = [
      ...[2, 50, 10].flatMap(servers => runs({ ...cost, subject: './ecp', servers }, servers)),
      ...[2, 10].flatMap(servers => runs({ ...cost, subject: 'terraform', servers }, 3 * servers)),
    ];
    const lines = section(toMarkdown(resultOf(samples), 'day'), '## What does an operation cost?');
    expect(lines[0]).toMatch(/^With 10 application servers;/);
    expect(lines.slice(-2)).toEqual([
      '| deploy | `./ecp` | 10.0 |  |  |  |',
      '| deploy | `terraform` | 30.0 |  |  |  |',
    ]);
  });
});

describe('the files', () => {
  /** Does it with a folder that is not there yet. */
  async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
    const parent = mkdtempSync(join(tmpdir(), 'ecp-bench-'));
    await work(join(parent, 'a', 'b')).finally(() => rmSync(parent, { recursive: true }));
  }

  it('are the values and the page', () =>
    inFolder(async folder => {
      const result = resultOf(IMAGE, { remarks: ['Some remark.'] });
      expect(await writeResult(folder, 'day', result)).toEqual([join(folder, 'day.json'), join(folder, 'day.md')]);
      expect(readFileSync(join(folder, 'day.json'), 'utf8')).toBe(resultText(result));
      expect(readFileSync(join(folder, 'day.md'), 'utf8')).toContain('\n| size, MB        | 210              |\n');
    }));

  it('are made anew from the values', () =>
    inFolder(async folder => {
      const written = await writeResult(folder, 'day', resultOf(IMAGE));
      const texts = written.map(file => readFileSync(file, 'utf8'));
      writeFileSync(join(folder, 'day.md'), 'old');
      expect(await rewriteResults(folder)).toEqual(written);
      expect(written.map(file => readFileSync(file, 'utf8'))).toEqual(texts);
    }));

  it('are removed by their name and no other', () =>
    inFolder(async folder => {
      const samples = [...deploys('./ecp', 2, 1), ...speeds('plain', 'read', 1, 1)];
      await writeResult(folder, 'day-partial', resultOf(samples));
      const ends = ['-cost.svg', '-engine.svg', '.json', '.md', '.svg'];
      expect(readdirSync(folder)).toEqual(ends.map(end => `day-partial${end}`));
      const pictures = readFileSync(join(folder, 'day-partial.md'), 'utf8').match(/day-partial.*?svg/g);
      expect(pictures).toEqual(['day-partial.svg', 'day-partial-cost.svg', 'day-partial-engine.svg']);
      writeFileSync(join(folder, 'day.json'), '');
      removeResult(folder, 'day-partial');
      removeResult(folder, 'day-partial');
      expect(readdirSync(folder)).toEqual(['day.json']);
    }));
});

test('the headline counts the runs of the sizes that it shows', () => {
  const samples = [
    ...deploys('./ecp', 2, 6, 8, 7),
    ...deploys('docker compose', 2, 3, 4, 2),
    ...deploys('./ecp', 100, 90),
  ];
  const text = headlineFigures(resultOf(samples), 'day');
  expect(text).toContain('medians of 3 runs on 4 cores');
  expect(text).toContain('| deploy | 7.0 (2.00) |');
});
