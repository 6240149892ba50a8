/** What the members of a mirror do with the volume that they share for backups: images/rehearsal/lib/channel.sh and archive.sh on folders. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { scriptOf } from './restore-script';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ecp-mirror-backup-'));
  for (const each of ['backup', 'run/ecp/mirror', 'a', 'b']) mkdirSync(join(folder, each), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(join(folder, dirname(path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

/** Runs a line of bash in a member, whose database is in a folder of its name. */
function inMember(name: 'a' | 'b', line: string, isMirror = true): { status: number | null; stdout: string } {
  const text = `set -Eeuo pipefail; RUN=${folder}/run/ecp ECP_DIRECTORY=${folder}/${name}/ HOSTNAME=${name}
    ${isMirror ? `ECP_MIRROR=M ECP_MIRROR_PEER=${name === 'a' ? 'b' : 'a'}` : ''}
    log() { :; }
    ${scriptOf('rehearsal', 'lib/channel.sh', folder)}
    ${line}`;
  const { status, stdout, stderr } = spawnSync('bash', ['-c', text], { encoding: 'utf8' });
  expect(stderr).toBe('');
  return { status, stdout };
}

const kept = (): string[] => readdirSync(join(folder, 'backup', 'journals')).sort();

test('only the member whose timeline it is adds journals', () => {
  write('a/GTM.MJL_1', 'of before the first copy');
  write('b/GTM.MJL_1', 'of the other member');
  inMember('a', 'timeline');
  write('a/GTM.MJL_2', 'since the copy');
  for (const name of ['a', 'b'] as const) inMember(name, 'archive_journals');
  expect(kept()).toEqual(['GTM.MJL_2']);
});

test('a copy of the other member begins another timeline, without the journals of the one before', () => {
  const first = inMember('a', 'timeline').stdout;
  expect(inMember('a', 'timeline').stdout).toBe(first);
  write('a/GTM.MJL_2', 'since the copy of a');
  inMember('a', 'archive_journals');
  expect(inMember('b', 'timeline').stdout).not.toBe(first);
  write('b/GTM.MJL_3', 'since the copy of b');
  for (const name of ['a', 'b'] as const) inMember(name, 'archive_journals');
  expect(kept()).toEqual(['GTM.MJL_3']);
  expect(inMember('a', 'timeline').stdout).not.toBe(first);
});

test.each([
  ['primary', 'with', false],
  ['primary', 'alone', true],
  ['backup', 'with', true],
  ['backup', 'alone', false],
  ['none', 'alone', false],
])('a member that is %s at mode %s answers: %s', (role, mode, answers) => {
  write('run/ecp/mirror/facts', `role ${role}\nepoch 3\nmode ${mode}\nbackup active\n`);
  expect(inMember('a', 'takes_backups && echo yes || echo no').stdout).toBe(answers ? 'yes\n' : 'no\n');
});

test('a single data server answers always, and a member that has not begun does not', () => {
  expect(inMember('a', 'takes_backups && echo yes', false).stdout).toBe('yes\n');
  expect(inMember('a', 'takes_backups || echo no').stdout).toBe('no\n');
});

test('a start makes void what this member has copied, and not what the other one copies at that moment', () => {
  for (const [server, isThere] of [
    ['b', true],
    ['a', false],
  ] as const) {
    write('backup/frozen.json', JSON.stringify({ id: '20260131T120000Z', server }));
    write('backup/serving.b', 'freeze 20260131T120000Z 60');
    inMember('a', 'clear_channel');
    expect(readdirSync(join(folder, 'backup')).includes('frozen.json')).toBe(isThere);
    expect(readdirSync(join(folder, 'backup'))).toContain('serving.b');
  }
  expect(readFileSync(join(folder, 'backup', 'void'), 'utf8')).toContain('20260131T120000Z');
});
