/** images/iris/bin/restore-database on folders instead of volumes, and cut short wherever it changes something. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cutShortAfter, scriptOf } from './restore-script';

const ID = '20260131T120000Z';

/** As volumes of a data server: those of its journals, and one of the user. */
const ROOTS = ['durable', 'journal', 'alternate-journal', 'databases/one'];

const BEFORE = {
  'durable/.ecp-engine': 'iris\n',
  'durable/iris/iris.cpf': 'before',
  'durable/iris/mgr/IRIS.DAT': 'before',
  'durable/.ecp-code': 'before',
  'journal/20260131.001': 'before',
  'databases/one/IRIS.DAT': 'before',
};
const BACKUP = {
  'durable/.ecp-engine': 'iris\n',
  'durable/iris/iris.cpf': 'backup',
  'durable/iris/mgr/data/IRIS.DAT': 'backup',
  'journal/20260130.001': 'backup',
  'databases/one/IRIS.DAT': 'backup',
};

let folder: string;

beforeEach(begin);

function begin(): void {
  folder = mkdtempSync(join(tmpdir(), 'ecp-iris-restore-'));
  mkdirSync(join(folder, 'alternate-journal'));
  write(BEFORE);
  write(
    Object.fromEntries(
      Object.entries(BACKUP).map(([path, text]) => [`backup/restore/${ID}/files${folder}/${path}`, text]),
    ),
  );
  write({ [`backup/restore/${ID}/manifest.json`]: '{"engine":"iris"}' });
  write({ [`backup/restore/${ID}/directories`]: ROOTS.map(root => `${folder}/${root}\n`).join('') });
}

afterEach(() => rmSync(folder, { recursive: true }));

function write(files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

const script = (path: string): string => scriptOf('iris', path, folder);

interface Run {
  /** Changes after which it is killed. */
  readonly changes?: number;
  /** Bash that comes first. */
  readonly first?: string;
}

function restoreDatabase(args: readonly string[], { changes, first = '' }: Run = {}) {
  const cutShort = changes === undefined ? '' : cutShortAfter(changes);
  const text = `${cutShort}\n${first}\n${script('bin/restore-database')}`;
  return spawnSync('bash', ['-c', text, 'restore-database', ...args], { encoding: 'utf8' });
}

/** All files below the folders of an instance, with the names of what is aside made alike. */
function contents(...roots: string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const root of roots.length > 0 ? roots : ROOTS)
    for (const entry of readdirSync(join(folder, root), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || entry.name.endsWith('.roots') || entry.name === '.in-use') continue;
      const path = join(entry.parentPath, entry.name).slice(folder.length + 1);
      found[path.replace(/\.aside-[0-9TZ]+/, '.aside')] = readFileSync(join(folder, path.toString()), 'utf8');
    }
  return found;
}

const asideOf = (files: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(files)
      .filter(([path]) => !path.endsWith('.ecp-engine'))
      .map(([path, text]) => [path.replace(/^(databases\/one|[^/]*)\//, '$1/.aside/'), text]),
  );

test('puts a backup in its place, keeps what was there aside, and brings it back or forgets it', () => {
  const { status, stdout } = restoreDatabase(['place', ID]);
  expect(status).toBe(0);
  expect(contents()).toEqual({ ...BACKUP, ...asideOf(BEFORE) });
  const aside = stdout.trim().replace(folder, '');
  expect(aside).toMatch(/^\/durable\/\.aside-\d{8}T\d{6}Z$/);
  expect(restoreDatabase(['back', join(folder, aside)]).status).toBe(0);
  expect(contents()).toEqual(BEFORE);
  const again = restoreDatabase(['place', ID]).stdout.trim();
  expect(restoreDatabase(['forget', again]).status).toBe(0);
  expect(contents()).toEqual(BACKUP);
});

test('a restore that was killed anywhere is gone on with, and nothing of before is lost', () => {
  for (let changes = 0, isKilled = true; isKilled; changes++) {
    rmSync(folder, { recursive: true });
    begin();
    const first = restoreDatabase(['place', ID], { changes });
    isKilled = first.signal === 'SIGKILL';
    const { status, stdout, stderr } = isKilled ? restoreDatabase(['place', ID]) : first;
    expect({ changes, status, stderr }).toEqual({ changes, status: 0, stderr: '' });
    expect({ changes, ...contents() }).toEqual({ changes, ...BACKUP, ...asideOf(BEFORE) });
    if (!isKilled) {
      expect(changes).toBeGreaterThan(8);
      return;
    }
    // What brings the data back may be killed too.
    for (const left of changes % 5 === 0 ? [0, 3, 6, 9] : [])
      restoreDatabase(['back', stdout.trim()], { changes: left });
    restoreDatabase(['back', stdout.trim()]);
    expect({ changes, ...contents() }).toEqual({ changes, ...BEFORE });
  }
}, 120_000);

test('a restore that was killed anywhere is taken back by hand, and nothing of before is lost', () => {
  for (let changes = 0, isKilled = true; isKilled; changes++) {
    rmSync(folder, { recursive: true });
    begin();
    isKilled = restoreDatabase(['place', ID], { changes }).signal === 'SIGKILL';
    const aside = readdirSync(join(folder, 'durable')).find(name => /^\.aside-[0-9TZ]+$/.test(name));
    if (aside !== undefined) expect(restoreDatabase(['back', join(folder, 'durable', aside)]).stderr).toBe('');
    expect({ changes, ...contents() }).toMatchObject({ changes, ...BEFORE });
  }
});

test('a volume that cannot be written is told, and nothing stays of the restore', () => {
  const first = `mkdir() { [[ "\${*: -1}" != */journal/* ]] && command mkdir "$@"; }`;
  const { status, stderr } = restoreDatabase(['place', ID], { first });
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('/journal cannot be') as string });
  expect(contents()).toEqual(BEFORE);
  expect(readdirSync(join(folder, 'durable')).sort()).toEqual(['.ecp-code', '.ecp-engine', '.in-use', 'iris']);
});

test('what an earlier restore left aside does not come back into the data that a later one is moving', () => {
  const earlier = restoreDatabase(['place', ID]).stdout.trim();
  write({ 'durable/.restoring': 'aside .aside-20990101T000000Z' });
  const { status, stderr } = restoreDatabase(['back', earlier]);
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('./ecp restore goes on') as string });
  expect(contents()).toMatchObject({ ...BACKUP, ...asideOf(BEFORE) });
});

test('the data server does not start meanwhile', () => {
  const claim = (first = '') =>
    execFileSync(
      'bash',
      [
        '-c',
        `set -Eeuo pipefail; refuse() { echo "$1"; exit; }; ${first}\n${script('lib/config.sh')}\nclaim_volume; echo claimed`,
      ],
      { encoding: 'utf8', env: { ...process.env, ISC_DATA_DIRECTORY: '/durable/iris', FILES: folder } },
    ).trim();
  expect(claim()).toBe('claimed');
  restoreDatabase(['place', ID], { changes: 9 });
  expect(claim()).toContain('was cut short: ./ecp restore goes on with it');
  restoreDatabase(['place', ID]);
  expect(claim()).toBe('claimed');
  // One that begins while the data server waits for the volume.
  expect(claim(`flock() { : >${folder}/durable/.restoring; }`)).toContain('was cut short');
});

test('the data of a server that runs is left alone', () => {
  const first = `exec {other}>>${folder}/durable/.in-use; flock "$other"`;
  for (const args of [['place', ID]]) {
    const { status, stderr } = restoreDatabase(args, { first });
    expect([status, stderr]).toEqual([1, expect.stringContaining('the data server runs: it has to be stopped')]);
    expect(contents()).toEqual(BEFORE);
    expect(existsSync(join(folder, 'durable', '.restoring'))).toBe(false);
  }
});

test('a backup that does not fit is taken away again', () => {
  const { status, stderr } = restoreDatabase(['place', ID], { first: 'cp() { command cp "$@"; false; }' });
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('there is no room in') as string });
  expect(contents()).toEqual(BEFORE);
});

test('data that cannot come back stays aside, with the mark by which no data server starts', () => {
  const first = 'cp() { false; }; mv() { [[ $1 != */.aside-*/* ]] || return 1; command mv "$@"; }';
  expect(restoreDatabase(['place', ID], { first }).status).toBe(3);
  expect(readFileSync(join(folder, 'durable', '.restoring'), 'utf8')).toMatch(/^back /);
  expect(restoreDatabase(['place', ID]).status).toBe(0);
  expect(contents()).toEqual({ ...BACKUP, ...asideOf(BEFORE) });
});

test.each([
  [['place', '../x'], 2, 'a backup is called after its time'],
  [['place', '20260131T120001Z'], 1, 'there is nothing at'],
  [['back', '/etc'], 2, 'is no data that was set aside'],
  [['into', ID], 1, '/durable is not empty'],
])('%j is refused, and nothing is changed', (args, code, sentence) => {
  const { status, stderr } = restoreDatabase(args);
  expect({ status, stderr }).toEqual({ status: code, stderr: expect.stringContaining(sentence) as string });
  expect(contents()).toEqual(BEFORE);
});
