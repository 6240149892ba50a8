import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../cli/process';

const CLI = `node --require tsx/cjs ${join(__dirname, '..', '..', 'cli', 'main.ts')}`;
const shell = (script: string): ReturnType<typeof run> => run('bash', ['-c', script], { timeoutSec: 60 });
const onLinux = existsSync('/dev/full') ? test : test.skip;

onLinux('output that cannot be written ends in one sentence', async () => {
  const { code, stderr } = await shell(`${CLI} --help >/dev/full`);
  expect(stderr).toMatch(/^error: the output must be written, and cannot be \(ENOSPC.*\): make room, or .*\n$/);
  expect(code).toBe(1);
});

onLinux('an error that cannot be told either ends the command all the same', async () => {
  expect((await shell(`${CLI} nosuch 2>/dev/full`)).code).not.toBe(0);
});

test('a reader that has gone is no news', async () => {
  const { stderr } = await shell(`{ sleep 3; ${CLI} --help; } | true`);
  expect(stderr).toBe('');
}, 60_000);
