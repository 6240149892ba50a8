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

/** A member's own word, and what the primary answers at that moment; nothing when it does not. */
function takes(role: string, mode: string, primary?: string, state = 'Normal'): string {
  write('run/ecp/mirror/facts', `role ${role}\nepoch 3\nstep 2\nmode ${mode}\nbackup active\nserving 1\nstate \n`);
  write('run/ecp/state.json', `{"state":"${state}","since":"","reason":""}\n`);
  const answer = join(folder, 'answer');
  write('answer', primary === undefined ? '' : `HTTP/1.0 200 OK\n\nname=b ${primary} active=0 serving=1\n`);
  const script = scriptOf('rehearsal', 'lib/channel.sh', folder).replace('<>/dev/tcp/127.0.0.1/2991', `<>${answer}`);
  const text = `set -Eeuo pipefail; RUN=${folder}/run/ecp HOSTNAME=a ECP_MIRROR=M ECP_MIRROR_PEER=b
    printf() { if [[ $1 == GET* ]]; then :; else builtin printf "$@"; fi; }
    ${script}
    takes_backups && echo yes || echo no`;
  const { stdout, stderr } = spawnSync('bash', ['-c', text], { encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout.trim();
}

test.each([
  ['a primary with its backup', 'no', 'primary', 'with', undefined],
  ['a primary that is alone', 'yes', 'primary', 'alone', undefined],
  ['the backup of a primary that counts on it', 'yes', 'backup', 'with', 'role=primary e=3 k=2 mode=with yielded=0'],
  ['a backup that nobody answers', 'no', 'backup', 'with', undefined],
  ['a backup whose primary has gone on alone', 'no', 'backup', 'with', 'role=primary e=3 k=3 mode=alone yielded=0'],
  [
    'a backup that was left once and is active again',
    'no',
    'backup',
    'with',
    'role=primary e=3 k=4 mode=with yielded=0',
  ],
  ['a backup that catches up', 'no', 'backup', 'alone', 'role=primary e=3 k=2 mode=alone yielded=0'],
  ['a member without a role', 'no', 'none', 'alone', undefined],
] as const)('who is copied: %s: %s', (_, answers, role, mode, primary) => {
  expect(takes(role, mode, primary)).toBe(answers);
});

test('a member that does not serve yet leaves the request to the other one', () => {
  expect(takes('primary', 'alone', undefined, 'In Progress')).toBe('no');
  expect(takes('primary', 'alone', undefined, 'Trouble')).toBe('yes');
});

test('a single data server answers always, and a member that has not begun does not', () => {
  expect(inMember('a', 'takes_backups && echo yes', false).stdout).toBe('yes\n');
  expect(inMember('a', 'takes_backups || echo no').stdout).toBe('no\n');
});

test('one member at a time works in the volume', () => {
  const line = `lock_backups 0 && (turn=; lock_backups 0 || echo taken); unlock_backups; lock_backups 0 && echo free`;
  expect(inMember('a', line).stdout).toBe('taken\nfree\n');
  expect(
    inMember(
      'a',
      `ln -s /etc/passwd ${folder}/backup/link; mv ${folder}/backup/link ${folder}/backup/lock; lock_backups 0 || echo refused`,
    ).stdout,
  ).toBe('refused\n');
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

test('a backup that becomes void while it is asked for is void', () => {
  write('backup/void', '20260131T120000Z');
  const script = scriptOf('rehearsal', 'lib/freeze.sh', folder);
  // The look still finds it, the read does not.
  const text = `set -Eeuo pipefail; RUN=${folder}/run/ecp\n${script}\nis_frozen() { return 0; }\nbackup_info`;
  const { stdout, stderr } = spawnSync('bash', ['-c', text], { encoding: 'utf8' });
  expect([stderr, JSON.parse(stdout)]).toEqual(['', { id: '20260131T120000Z', engine: 'rehearsal', state: 'void' }]);
});
