/** images/rehearsal/bin/restore-database on folders instead of volumes, with a GT.M that finds everything in order. */
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cutShortAfter, scriptOf } from './restore-script';

const ID = '20260131T120000Z';
const BEFORE = {
  '.ecp-engine': 'rehearsal\n',
  'iris/GTM.DAT': 'before',
  'iris/seal': 'before',
  'other/file': 'before',
};
const BACKUP = 'the database of the backup';
const SEAL = createHash('sha256').update(BACKUP).digest('hex');

let folder: string;

beforeEach(begin);
afterEach(() => rmSync(folder, { recursive: true }));

function begin(): void {
  folder = mkdtempSync(join(tmpdir(), 'ecp-rehearsal-restore-'));
  mkdirSync(join(folder, 'run', 'ecp'), { recursive: true });
  for (const [path, text] of Object.entries(BEFORE)) write(join('durable', path), text);
  const manifest = { engine: 'rehearsal', directory: `${folder}/durable/iris/`, sha256: SEAL };
  write(`backup/restore/${ID}/GTM.DAT`, BACKUP);
  write(`backup/restore/${ID}/manifest.json`, JSON.stringify(manifest));
  for (const program of ['mumps', 'mupip']) write(`opt/gtm/${program}`, '#!/bin/sh\n', 0o755);
}

function write(path: string, text: string, mode = 0o644): void {
  mkdirSync(join(folder, dirname(path)), { recursive: true });
  writeFileSync(join(folder, path), text, { mode });
}

function restoreDatabase(args: readonly string[], first = '') {
  const text = `${first}\n${scriptOf('rehearsal', 'bin/restore-database', folder)}`;
  return spawnSync('bash', ['-c', text, 'restore-database', ...args], { encoding: 'utf8' });
}

/** All files of the data volume, with the name of what is aside made alike. */
function contents(): Record<string, string> {
  const root = join(folder, 'durable');
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter(
    entry => entry.isFile() && entry.name !== '.in-use',
  );
  const paths = files.map(entry => join(entry.parentPath, entry.name).slice(root.length + 1));
  return Object.fromEntries(
    paths.map(path => [path.replace(/\.aside-[0-9TZ]+/, '.aside'), readFileSync(join(root, path), 'utf8')]),
  );
}

const aside = (): string | undefined =>
  readdirSync(join(folder, 'durable')).find(name => /^\.aside-[0-9TZ]+$/.test(name));

test('a backup comes into its place with the seal of a clean stop and its copy, and what was there goes aside', () => {
  const { status, stdout } = restoreDatabase(['place', ID]);
  expect({ status, stdout }).toEqual({ status: 0, stdout: `${folder}/durable/${aside()}\n` });
  expect(contents()).toEqual({
    ...{ '.ecp-engine': 'rehearsal\n', 'iris/GTM.DAT': BACKUP, 'iris/seal': `${SEAL}\n` },
    [`iris/copy.${SEAL}`]: BACKUP,
    ...{ '.aside/iris/GTM.DAT': 'before', '.aside/iris/seal': 'before', '.aside/other/file': 'before' },
  });
});

test('without room for its copy a backup comes into its place, and leaves the copy to the start', () => {
  const full = 'tee() { [[ $# == 1 ]] || { head -c 3 >"$2"; return 1; }; command tee "$@"; }';
  expect(restoreDatabase(['place', ID], full).status).toBe(0);
  expect(readdirSync(join(folder, 'durable', 'iris')).sort()).toEqual(['GTM.DAT', 'seal']);
  expect(contents()).toMatchObject({ 'iris/GTM.DAT': BACKUP, 'iris/seal': `${SEAL}\n` });
});

test('a database that is not what was backed up is taken away again', () => {
  write(`backup/restore/${ID}/GTM.DAT`, 'another');
  const { status, stderr } = restoreDatabase(['place', ID]);
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: `restore-database: the database of the backup ${ID} is not what was backed up\n`,
  });
  expect(contents()).toEqual(BEFORE);
});

test('a restore that was killed anywhere is taken back by hand, and nothing of before is lost', () => {
  for (let changes = 0; ; changes++) {
    rmSync(folder, { recursive: true });
    begin();
    const { signal } = restoreDatabase(['place', ID], cutShortAfter(changes));
    const name = aside();
    if (name !== undefined) expect(restoreDatabase(['back', `${folder}/durable/${name}`]).stderr).toBe('');
    expect({ changes, ...contents() }).toMatchObject({ changes, ...BEFORE });
    if (signal === 'SIGKILL') continue;
    expect(changes).toBeGreaterThan(8);
    return;
  }
});

test('data that cannot come back stays aside, with the mark by which no data server starts', () => {
  write(`backup/restore/${ID}/GTM.DAT`, 'another');
  const fails = 'mv() { [[ $1 != */.aside-*/* ]] || return 1; command mv "$@"; }';
  expect(restoreDatabase(['place', ID], fails).status).toBe(3);
  expect(existsSync(join(folder, 'durable', '.restoring'))).toBe(true);
  expect(contents()).toMatchObject({ '.aside/iris/GTM.DAT': 'before' });
  expect(restoreDatabase(['place', ID]).status).toBe(1);
  expect(contents()).toEqual(BEFORE);
});

test('a database whose seal is not on disk is taken away again', () => {
  const { status, stderr } = restoreDatabase(['place', ID], 'sync() { [[ -f $1 && -f $2 ]] && return 1; }');
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: `restore-database: there is no room in ${folder}/durable\n`,
  });
  expect(contents()).toEqual(BEFORE);
});

test('the data of the other member of a mirror goes aside and is held, and comes back wherever that was cut short', () => {
  const isHeld = (): boolean => existsSync(join(folder, 'durable', '.restoring'));
  const { status, stdout } = restoreDatabase(['hold']);
  expect({ status, stdout, held: isHeld() }).toEqual({
    status: 0,
    stdout: `${folder}/durable/${aside()}\n`,
    held: true,
  });
  expect(restoreDatabase(['release']).status).toBe(0);
  expect(isHeld()).toBe(false);
  const { '.ecp-engine': engine, ...rest } = BEFORE;
  const isAside = Object.fromEntries(Object.entries(rest).map(([path, text]) => [`.aside/${path}`, text]));
  expect(contents()).toEqual({ '.ecp-engine': engine, ...isAside });
  for (let changes = 0; ; changes++) {
    rmSync(folder, { recursive: true });
    begin();
    const { signal } = restoreDatabase(['hold'], cutShortAfter(changes));
    if (signal !== 'SIGKILL') return expect(changes).toBeGreaterThan(4);
    // The next one goes on.
    expect(restoreDatabase(['hold']).status).toBe(0);
    expect(isHeld()).toBe(true);
    expect(restoreDatabase(['back', `${folder}/durable/${aside()}`]).stderr).toBe('');
    expect({ changes, held: isHeld(), ...contents() }).toMatchObject({ changes, held: false, ...BEFORE });
  }
});

test('the data of a server that runs is left alone', () => {
  const first = `exec {other}>>${folder}/durable/.in-use; flock "$other"`;
  for (const args of [['place', ID], ['hold']]) {
    const { status, stderr } = restoreDatabase(args, first);
    expect([status, stderr]).toEqual([1, expect.stringContaining('the data server runs: it has to be stopped')]);
    expect(contents()).toEqual(BEFORE);
    expect(existsSync(join(folder, 'durable', '.restoring'))).toBe(false);
  }
});
