import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { helpText, overview } from '../../cli/help/help';
import { HELP_PAGES } from '../../cli/help/help-pages';
import { nearest } from '../../contract/messages';
import { commandOptions } from '../command-options';

const ROOT = join(__dirname, '..', '..');
const pages = Object.entries(HELP_PAGES);

function ecp(...args: string[]): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync('node', ['--require', 'tsx/cjs', 'cli/main.ts', ...args], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  return { code: status, stdout, stderr };
}

const commands = commandOptions();

test('every command has a page, and every page a command', () => {
  expect(pages.map(([name]) => name).sort()).toEqual([...commands.keys()].sort());
});

test.each(pages)('the page of %s describes each option, exit code 0 and 1, and gives examples', (name, page) => {
  const described = page.options.flatMap(([words]) =>
    [...words.matchAll(/--([\w-]+)/g)].map(([, option = '']) => option),
  );
  expect(described.sort()).toEqual([...commands.get(name)!].sort());
  expect(page.exitCodes.map(([code]) => code)).toEqual(expect.arrayContaining(['0', '1']));
  expect(page.examples.length).toBeGreaterThan(0);
  const words = page.examples.map(([command]) => command);
  for (const example of words) expect(example).toContain(`./ecp ${name}`);
  const used = words.flatMap(example => [...example.matchAll(/(?<=\s)--([\w-]+)/g)].map(([, option = '']) => option));
  expect([...commands.get(name)!, 'arg']).toEqual(expect.arrayContaining(used));
});

test.each(pages)('no line of the help of %s is wider than a terminal', (_, page) => {
  for (const line of [...helpText(page).split('\n'), ...overview(HELP_PAGES).split('\n')])
    expect(line.length).toBeLessThanOrEqual(125);
});

test('--help behind a command, help before it and the overview reach a person', () => {
  const page = helpText(HELP_PAGES.status!);
  expect(ecp('status', '--help')).toEqual({ code: 0, stdout: `${page}\n`, stderr: '' });
  expect(ecp('help', 'status').stdout).toBe(`${page}\n`);
  expect(ecp('exec', '--help').stdout).toBe(`${helpText(HELP_PAGES.exec!)}\n`);
  const { code, stdout } = ecp();
  expect({ code, stdout }).toEqual({ code: 2, stdout: `${overview(HELP_PAGES)}\n` });
}, 60_000);

test.each([
  [
    ['stauts'],
    /^error: 'stauts' is not a command \(did you mean 'status'\?\); commands are up, .*; see \.\/ecp --help\n$/,
  ],
  [['frobnicate'], /^error: 'frobnicate' is not a command; commands are up, /],
  [['help', 'exce'], /^error: 'exce' is not a command \(did you mean 'exec'\?\)/],
  [
    ['status', '--jsn'],
    /^error: 'status': Unknown option '--jsn' \(did you mean '--json'\?\); options are --output, --json, .*; see \.\/ecp status --help\n$/,
  ],
  [
    ['status', '--output', 'yml'],
    /^error: '--output' must be one of table, json, yaml, mermaid, html, got 'yml' \(did you mean 'yaml'\?\)\n$/,
  ],
  [['up', 'app-server-1'], /^error: 'up' takes no argument, got 'app-server-1'; see \.\/ecp up --help\n$/],
  [
    ['status', '--cluster'],
    /^error: 'status': Option '--cluster <value>' argument missing; see \.\/ecp status --help\n$/,
  ],
  [['constructor'], /^error: 'constructor' is not a command/],
])(
  '%j is refused in one sentence',
  (args, sentence) => {
    const { code, stdout, stderr } = ecp(...args);
    expect(stderr).toMatch(sentence);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  },
  60_000,
);

test.each([
  ['staus', 'status'],
  ['sttaus', 'status'],
  ['dwon', 'down'],
  ['verfy', 'verify'],
  ['xyz', undefined],
  ['', undefined],
])('nearest to %j is %j', (word, expected) => {
  expect(nearest(word, Object.keys(HELP_PAGES))).toBe(expected);
});
