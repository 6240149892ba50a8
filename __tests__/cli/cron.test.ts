import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../cli/process';

const PROJECT = join(__dirname, '..', '..');
let folder: string;

beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'ecp-cron-'))));
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs the crontab line of a page as cron does; `node` is a stand-in that notes the PATH that it got. */
async function asCron(page: string, exitCode: number): Promise<{ readonly stdout: string; readonly path: string }> {
  const [, line] = /^15 4 \* \* \* +(.*)$/m.exec(readFileSync(join(PROJECT, page), 'utf8'))!;
  const node = `#!/bin/sh\n[ "$1" = --version ] && echo v20.9.0 && exit\necho "$PATH" >${folder}/path\nexit ${exitCode}\n`;
  writeFileSync(join(folder, 'node'), node, { mode: 0o755 });
  const command = line!.replace('cd /srv/ecp', `cd ${PROJECT}`).replace('>>.ecp/', `>>${folder}/`);
  const { stdout } = await run(
    'env',
    ['-i', `PATH=${folder}:/usr/bin:/bin`, `HOME=${folder}`, 'SHELL=/bin/sh', '/bin/sh', '-c', command],
    { timeoutSec: 60 },
  );
  return { stdout, path: readFileSync(join(folder, 'path'), 'utf8').trim() };
}

test("the crontab line of docs/rotation.md finds programs that cron's PATH lacks", async () => {
  const { stdout, path } = await asCron('docs/rotation.md', 0);
  expect(path.split(':')).toEqual(expect.arrayContaining(['/usr/local/bin', '/usr/sbin']));
  expect(path.startsWith(`${folder}:/usr/bin:/bin:`)).toBe(true);
  expect(stdout).toBe('');
});

test('the crontab line of docs/rotation.md lets cron mail a failure', async () => {
  expect((await asCron('docs/rotation.md', 1)).stdout).toContain('renewal failed');
});
