import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sshOptions } from '../app/ssh-options';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ecp-home-'));
});
afterEach(() => rmSync(home, { recursive: true }));

test('the connection of a plan is shared by a socket whose folder is there, and nothing is asked', () => {
  expect(sshOptions(home)).toEqual(expect.arrayContaining(['BatchMode=yes', 'ControlPath=~/.ssh/ecp-%C']));
  expect(statSync(join(home, '.ssh')).mode & 0o777).toBe(0o700);
});

test('where there can be no such folder, each question has its own connection', () => {
  writeFileSync(join(home, '.ssh'), '');
  expect(sshOptions(home)).toEqual(['-o', 'BatchMode=yes', '-o', 'ConnectTimeout=10']);
});
