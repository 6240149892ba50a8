import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { candidates, type CompletionNames } from '../../cli/completion/candidates';
import { HELP_PAGES } from '../../cli/help/help-pages';
import { commandOptions } from '../command-options';
import { completionShell } from './completion-shell';

const NAMES: CompletionNames = {
  servers: cluster => Promise.resolve([`of-${cluster ?? 'settings'}`, 'app-server-1', 'app-server-2']),
  members: () => Promise.resolve(['data-server-a', 'data-server-b']),
  nodes: () => Promise.resolve(['machine-1', 'machine-2']),
  clusters: () => Promise.resolve(['demo', 'ecp']),
  formats: () => Promise.resolve(['table', 'json']),
  shells: () => Promise.resolve(['bash', 'zsh']),
};

const wordsAfter = async (...words: string[]): Promise<string[]> =>
  (await candidates(HELP_PAGES, words, NAMES)).map(each => each.split('\t')[0]!);

test('every command and every option of the command table is completed', async () => {
  const commands = [...commandOptions().keys()];
  expect(await wordsAfter('')).toEqual(expect.arrayContaining([...commands, '--version']));
  for (const command of commands) {
    const options = commandOptions()
      .get(command)!
      .map(option => `--${option}`);
    expect((await wordsAfter(command, '--')).sort()).toEqual([...options, '--help'].sort());
  }
});

test.each([
  [['st'], ['status']],
  [['frobnicate', ''], []],
  [['help', 'ro'], ['rotate']],
  [
    ['rotate', ''],
    ['of-settings', 'app-server-1', 'app-server-2'],
  ],
  [['rotate', 'app-server-1', 'app'], ['app-server-2']],
  [['exec', '--cluster', 'demo', 'of'], ['of-demo']],
  [['exec', '--cluster', '=', 'd'], ['demo']],
  [
    ['exec', '--cluster', '='],
    ['demo', 'ecp'],
  ],
  [['exec', 'app-server-1', ''], []],
  [['drain', 'machine-2', ''], []],
  [
    ['drain', ''],
    ['of-settings', 'app-server-1', 'app-server-2', 'machine-1', 'machine-2'],
  ],
  [['status', '-o', 'j'], ['json']],
  [['status', '-o', 'json', '--o'], []],
  [['status', '--html', './x'], [':files']],
  [['up', '--machines', ''], []],
  [['up', ''], []],
  [['completion', 'z'], ['zsh']],
])('after %j come %j', async (words, expected) => {
  expect(await wordsAfter(...words)).toEqual(expected);
});

describe('a script completes in its shell', () => {
  const run = completionShell();

  test('bash', () => {
    const complete = (words: string): string =>
      `source SCRIPT; complete -p ecp; COMP_WORDS=(${words}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _ecp; printf '%s\\n' "\${COMPREPLY[@]}"`;
    expect(run('bash', complete(`./ecp rotate app-server-1 ''`))).toBe(
      'complete -F _ecp ecp\nword\n<rotate app-server-1 >\n',
    );
  });
});

test('the script of bash asks this program, and a wrong shell is refused in one sentence', () => {
  const ecp = (...args: string[]) => spawnSync('./ecp', args, { encoding: 'utf8', cwd: join(__dirname, '..', '..') });
  const { status, stdout } = ecp('completion', 'bash');
  expect(status).toBe(0);
  const typed = `${stdout}COMP_WORDS=(ecp sta); COMP_CWORD=1; _ecp; echo "\${COMPREPLY[@]}"`;
  expect(spawnSync('bash', ['-c', typed], { encoding: 'utf8' }).stdout).toBe('status\n');
  expect(ecp('completion', 'bahs')).toMatchObject({
    status: 2,
    stderr: `error: 'SHELL' must be one of bash, zsh, fish, got 'bahs' (did you mean 'bash'?); for example: ./ecp completion bash\n`,
  });
}, 60_000);
