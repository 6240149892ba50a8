import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../cli/process';

const PROJECT = join(__dirname, '..', '..');
let folder: string;

beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'ecp-cron-'))));
afterEach(() => rmSync(folder, { recursive: true }));

/** A folder with the launcher, whose packages count as installed: with the stand-in for `node` npm would only seem to install them. */
function projectFolder(): string {
  const project = join(folder, 'project');
  mkdirSync(join(project, 'node_modules', 'tsx'), { recursive: true });
  copyFileSync(join(PROJECT, 'ecp'), join(project, 'ecp'));
  for (const file of ['package-lock.json', 'node_modules/.ecp-package-lock.json', 'node_modules/tsx/package.json'])
    writeFileSync(join(project, file), '{}');
  return project;
}

/** Runs the crontab line of docs/rotation.md as cron does; `node` is a stand-in that notes the PATH that it got. */
async function asCron(exitCode: number): Promise<{ readonly stdout: string; readonly path: string }> {
  const [, line] = /^15 4 \* \* \* +(.*)$/m.exec(readFileSync(join(PROJECT, 'docs', 'rotation.md'), 'utf8'))!;
  const node = `#!/bin/sh\n[ "$1" = --version ] && echo v20.9.0 && exit\necho "$PATH" >${folder}/path\nexit ${exitCode}\n`;
  writeFileSync(join(folder, 'node'), node, { mode: 0o755 });
  const command = line!.replace('cd /srv/ecp', `cd ${projectFolder()}`).replace('>>.ecp/', `>>${folder}/`);
  const { stdout } = await run(
    'env',
    ['-i', `PATH=${folder}:/usr/bin:/bin`, `HOME=${folder}`, 'SHELL=/bin/sh', '/bin/sh', '-c', command],
    { timeoutSec: 60 },
  );
  return { stdout, path: readFileSync(join(folder, 'path'), 'utf8').trim() };
}

test("the crontab line of docs/rotation.md finds programs that cron's PATH lacks", async () => {
  const { stdout, path } = await asCron(0);
  expect(path.split(':')).toEqual(expect.arrayContaining(['/usr/local/bin', '/usr/sbin']));
  expect(path.startsWith(`${folder}:/usr/bin:/bin:`)).toBe(true);
  expect(stdout).toBe('');
});

test('the crontab line of docs/rotation.md lets cron mail a failure', async () => {
  expect((await asCron(1)).stdout).toContain('renewal failed');
});
