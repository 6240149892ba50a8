import { execFile } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fakeProgram, removeFolders, temporaryFolder } from './machine-fakes';

const PROJECT = resolve(__dirname, '../..');

let folder: string;
let programs: string;

/** A copy of the launcher with a node that tells how it was started, and an npm that counts its runs. */
beforeEach(() => {
  folder = join(temporaryFolder(), 'with a space');
  programs = temporaryFolder();
  mkdirSync(folder);
  copyFileSync(join(PROJECT, 'ecp'), join(folder, 'ecp'));
  writeFileSync(join(folder, 'package-lock.json'), '{}');
  fakeNode('v20.9.0');
  fakeProgram(
    programs,
    'npm',
    'echo run >> npm-runs; sleep 0.3; rm -rf node_modules; mkdir -p node_modules/tsx; echo {} > node_modules/tsx/package.json',
  );
});

afterEach(removeFolders);

function fakeNode(version: string): void {
  fakeProgram(programs, 'node', `if [ "$1" = --version ]; then echo ${version}; else printf '%s|' "$PWD" "$@"; fi`);
}

function launch(
  args: string[] = [],
  how: { file?: string; path?: string; cwd?: string; uid?: number } = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { PATH: how.path ?? `${programs}:/usr/bin:/bin` };
  return new Promise(resolve =>
    execFile(
      how.file ?? join(folder, 'ecp'),
      args,
      { env, cwd: how.cwd ?? '/', uid: how.uid },
      (error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    ),
  );
}

const npmRuns = (): number => readFileSync(join(folder, 'npm-runs'), 'utf8').trim().split('\n').length;

test('runs the command in the repository, with the arguments as they are', async () => {
  const { code, stdout } = await launch(['exec', 'data-server', 'two words']);
  expect(code).toBe(0);
  expect(stdout).toBe(`${realpathSync(folder)}|--require|tsx/cjs|cli/main.ts|exec|data-server|two words|`);
});

test('works through symbolic links, relative ones too', async () => {
  const elsewhere = temporaryFolder();
  symlinkSync(join(folder, 'ecp'), join(elsewhere, 'first'));
  symlinkSync('first', join(elsewhere, 'second'));
  const { stdout } = await launch([], { file: join(elsewhere, 'second') });
  expect(stdout).toContain(`${realpathSync(folder)}|`);
});

test('installs the packages once, and again when the lock file changes', async () => {
  await launch();
  await launch();
  expect(npmRuns()).toBe(1);
  writeFileSync(join(folder, 'package-lock.json'), '{"changed":1}');
  await launch();
  expect(npmRuns()).toBe(2);
});

test('two at once install once', async () => {
  const results = await Promise.all([launch(), launch(), launch()]);
  expect(results.map(({ code }) => code)).toEqual([0, 0, 0]);
  expect(npmRuns()).toBe(1);
});

test('a failed installation shows its log and is tried again', async () => {
  fakeProgram(programs, 'npm', 'echo "npm error E404" >&2; exit 1');
  const { code, stdout, stderr } = await launch();
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain('npm error E404\necp: npm ci failed, see above (also in .ecp/npm-ci.log)');
  expect(existsSync(join(folder, 'node_modules/.ecp-package-lock.json'))).toBe(false);
});

test.each(['v18.20.4', 'v20.8.1', 'v9.0.0'])('refuses Node.js %s in one sentence', async version => {
  fakeNode(version);
  expect(await launch()).toEqual({
    code: 1,
    stdout: '',
    stderr: `ecp: Node.js is ${version.slice(1)}, at least 20.9 is needed: https://nodejs.org/en/download\n`,
  });
});

test.each(['v20.9.0', 'v20.10.0', 'v22.1.0', 'v100.0.0'])('takes Node.js %s', async version => {
  fakeNode(version);
  expect((await launch()).code).toBe(0);
});

test('says how to get Node.js when it is missing', async () => {
  const bare = temporaryFolder();
  for (const program of ['bash', 'dirname', 'readlink'])
    symlinkSync(existsSync(`/usr/bin/${program}`) ? `/usr/bin/${program}` : `/bin/${program}`, join(bare, program));
  expect(await launch([], { path: bare })).toEqual({
    code: 1,
    stdout: '',
    stderr: 'ecp: Node.js is missing: install Node.js 20.9 or newer from https://nodejs.org/en/download\n',
  });
});

test('an installation tells how far it is, and nothing of it is left running', async () => {
  const packages = { 'node_modules/tsx': {}, 'node_modules/@a/b': {}, 'node_modules/tsx/node_modules/c': {} };
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages }, undefined, 2));
  const { stderr } = await launch();
  expect(stderr).toMatch(/^Installing the npm packages of package-lock.json \(npm ci\): 0 of about 2, 0 s\n$/);
});

test('a folder that this user may not write is named', async () => {
  for (const each of [dirname(folder), programs]) chmodSync(each, 0o755);
  chmodSync(folder, 0o555);
  // root may write anywhere, and so is another user here.
  const uid = process.getuid?.() === 0 ? 65_534 : undefined;
  expect((await launch([], { uid })).stderr).toContain(
    `${realpathSync(folder)} must be a folder that this user may write`,
  );
  chmodSync(folder, 0o755);
});
