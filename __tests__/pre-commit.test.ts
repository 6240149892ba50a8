import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { run } from '../cli/process';

const ROOT = resolve(__dirname, '..');
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: { hooks: string } };

const UGLY = 'export default {a:1}\n';
const NEAT = 'export default { a: 1 };\n';
/** Well formatted, and an error to the linter. */
const WRONG = 'export default missing;\n';

jest.setTimeout(60_000);

let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ecp-pre-commit-'));
  mkdirSync(join(folder, '.githooks'));
  copyFileSync(join(ROOT, '.githooks', 'pre-commit'), join(folder, '.githooks', 'pre-commit'));
  chmodSync(join(folder, '.githooks', 'pre-commit'), 0o755);
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  write('.prettierrc.json', readFileSync(join(ROOT, '.prettierrc.json'), 'utf8'));
  write('eslint.config.mjs', "import js from '@eslint/js';\nexport default [js.configs.recommended];\n");
  await git('init', '--quiet');
  await run('bash', ['-c', scripts.hooks], { cwd: folder, env: ENVIRONMENT });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a staged file is formatted and committed so; one that is not staged is left alone', async () => {
  write('a file.js', UGLY);
  write('other.js', UGLY);
  await git('add', 'a file.js');
  expect(await commit()).toMatchObject({ code: 0 });
  expect(await committed('a file.js')).toBe(NEAT);
  expect([read('a file.js'), read('other.js')]).toEqual([NEAT, UGLY]);
  expect(await git('status', '--short', '--', '*.js')).toBe('?? other.js\n');
});

test('what the linter refuses is not committed', async () => {
  write('file.js', WRONG);
  await git('add', 'file.js');
  const { code, stderr } = await commit();
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("'missing' is not defined") as string });
});

test('a file with further changes is judged as it is staged, and neither is touched', async () => {
  write('file.js', NEAT);
  await git('add', 'file.js');
  write('file.js', `${WRONG}${UGLY}`);
  expect(await commit()).toMatchObject({ code: 0 });
  expect([await committed('file.js'), read('file.js')]).toEqual([NEAT, `${WRONG}${UGLY}`]);

  for (const [staged, says] of [
    [UGLY, 'file.js is not formatted as it is staged'],
    [WRONG, "'missing' is not defined"],
  ] as const) {
    write('file.js', staged);
    await git('add', 'file.js');
    write('file.js', `${NEAT}\n`);
    const { code, stderr } = await commit();
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(says) as string });
    expect([await git('show', ':file.js'), read('file.js')]).toEqual([staged, `${NEAT}\n`]);
  }
});

test('a commit of a named file is checked and not formatted, since its index is thrown away', async () => {
  write('file.js', NEAT);
  await git('add', 'file.js');
  await commit();
  write('file.js', UGLY);
  expect(await commit('file.js')).toMatchObject({ code: 1 });
  expect(read('file.js')).toBe(UGLY);
});

test('a deleted file, a link and files of other kinds are committed', async () => {
  write('old.js', NEAT);
  write('kept', 'text  \n');
  await git('add', 'old.js', 'kept');
  await commit();
  await git('rm', '--quiet', 'old.js');
  symlinkSync('nowhere.js', join(folder, 'link.js'));
  write('kept', 'staged  \n');
  await git('add', 'link.js', 'kept');
  write('kept', 'more  \n');
  expect(await commit()).toMatchObject({ code: 0 });
  expect(await git('ls-files')).toBe('kept\nlink.js\n');
});

/** The tests themselves may run in a hook, whose git variables name the checkout. */
const ENVIRONMENT = {
  ...Object.fromEntries(
    Object.keys(process.env)
      .filter(name => name.startsWith('GIT_'))
      .map(name => [name, undefined]),
  ),
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'ecp',
  GIT_AUTHOR_EMAIL: 'ecp@example.org',
  GIT_COMMITTER_NAME: 'ecp',
  GIT_COMMITTER_EMAIL: 'ecp@example.org',
};

function commit(...args: string[]): ReturnType<typeof run> {
  return run('git', ['commit', '--quiet', '--message', 'test', ...args], { cwd: folder, env: ENVIRONMENT });
}

async function git(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run('git', args, { cwd: folder, env: ENVIRONMENT });
  if (code !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`);
  return stdout;
}

const committed = (file: string): Promise<string> => git('show', `HEAD:${file}`);
const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
const write = (file: string, text: string): void => writeFileSync(join(folder, file), text);
