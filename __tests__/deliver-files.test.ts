import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { deliveryUploads } from '../constructs/private/delivered-files';

/** As Terraform uploads it. */
const SCRIPT = deliveryUploads([])[0]!.content!.replace(/([$%])\1\{/g, '$1{');

/** Only root may give files away; an ordinary user can give them to itself, where it has a group of its own number. */
const USER = process.getuid?.() ?? -1;
const OWNER = USER === 0 ? 51773 : USER;
const canRun =
  process.platform === 'linux' && (USER === 0 || process.getgroups!().concat(process.getgid!()).includes(USER));

type Files = Readonly<Record<string, string>>;

const OLD: Files = {
  'config.json': 'old config\n',
  'pki/ca.pem': 'old ca\n',
  'pki/cert.pem': 'old cert\n',
  'pki/key.pem': 'old key\n',
  'authorized-clients': 'CN=app-server-1\n',
};
const NEW: Files = { ...OLD, 'config.json': 'new config\n', 'pki/cert.pem': 'new cert\n', 'pki/key.pem': 'new key\n' };

(canRun ? describe : describe.skip)('the delivery of files', () => {
  let folder: string;
  let source: string;
  let target: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ecp-deliver-files-'));
    source = join(folder, 'source');
    target = join(folder, 'target');
    mkdirSync(target);
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  function upload(files: Files): void {
    rmSync(source, { recursive: true, force: true });
    mkdirSync(source);
    const lines = Object.entries(files).map(
      ([path, content]) => `#file ${path} ${Buffer.from(content).toString('base64')}\n`,
    );
    writeFileSync(script(), SCRIPT + lines.join(''), { mode: 0o500 });
  }

  /** Adds files of the host, which are uploads of their own. */
  function uploadHostFiles(files: Files): void {
    for (const [path, content] of Object.entries(files)) {
      const file = join(source, 'files', path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content, { mode: 0o400 });
    }
  }

  const script = () => join(source, 'deliver-files.sh');

  function run(args: readonly string[], environment: Record<string, string> = {}) {
    const { status, stdout, stderr } = spawnSync('bash', [script(), ...args], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C', ...environment },
    });
    return { status, stdout, stderr };
  }

  function deliver(files: Files, owner: string | number = OWNER) {
    upload(files);
    return run([source, target, String(owner)]);
  }

  /** What a server reads, by the paths of the contract. */
  function shown(): Files {
    const top = readdirSync(target).filter(name => !name.startsWith('.') && name !== 'current');
    const paths = top.flatMap(name =>
      statSync(join(target, name)).isDirectory()
        ? readdirSync(join(target, name)).map(each => `${name}/${each}`)
        : [name],
    );
    return Object.fromEntries(paths.map(path => [path, readFileSync(join(target, path), 'utf8')]));
  }

  function generations(): string[] {
    return readdirSync(target).filter(name => name.startsWith('.'));
  }

  test('shows the files, reports success and removes the uploads', () => {
    // WHEN
    const result = deliver(OLD);

    // THEN
    const [generation] = generations();
    expect(result).toEqual({ status: 0, stdout: `files delivered: ${generation!.slice(1)}\n`, stderr: '' });
    expect(shown()).toEqual(OLD);
    expect(existsSync(source)).toBe(false);
  });

  test('gives the tops of the server’s own volumes to it, and nothing below them', () => {
    const volume = join(folder, 'volume');
    mkdirSync(volume);
    writeFileSync(join(volume, 'theirs'), 'x');
    upload(OLD);
    expect(run([source, target, String(OWNER), volume])).toMatchObject({ status: 0, stderr: '' });
    expect(statSync(volume).uid).toBe(OWNER);
    expect(statSync(join(volume, 'theirs')).uid).toBe(USER);
  });

  test('accepts host files with any bytes beside texts', () => {
    // GIVEN
    const text = { 'config.json': '{}', empty: '', 'pki/cert.pem': 'one\n\ntwo ä ${x} \\ no newline' };
    const host = { 'pki/key.pem': 'key of the host\n', 'iris.key': 'licence' };
    upload(text);
    uploadHostFiles(host);

    // WHEN
    const result = run([source, target, String(OWNER)]);

    // THEN
    expect(result).toMatchObject({ status: 0, stderr: '' });
    expect(shown()).toEqual({ ...text, ...host });
    for (const path of Object.keys(shown()))
      expect(statSync(join(target, path))).toMatchObject({ uid: OWNER, gid: OWNER, mode: 0o100400 });
    expect(readFileSync(join(target, 'current', '.sha256'), 'utf8').match(/\n/g)).toHaveLength(5);
  });

  test('of invalid base64 fails and keeps the old files', () => {
    // GIVEN
    deliver(OLD);
    upload(NEW);
    chmodSync(script(), 0o700);
    appendFileSync(script(), '#file pki/ca.pem !!!\n');

    // WHEN
    const result = run([source, target, String(OWNER)]);

    // THEN
    expect(result.status).not.toBe(0);
    expect(result.stderr).toContain('invalid input');
    expect(shown()).toEqual(OLD);
  });

  test('gives each file to the user of the servers, who alone may read it', () => {
    // WHEN
    deliver(OLD);

    // THEN
    for (const path of Object.keys(OLD)) {
      const { uid, gid, mode } = statSync(join(target, path));
      expect({ path, uid, gid, mode: (mode & 0o7777).toString(8) }).toEqual({
        path,
        uid: OWNER,
        gid: OWNER,
        mode: '400',
      });
    }
    for (const directory of ['current', 'pki']) expect(statSync(join(target, directory)).mode & 0o777).toBe(0o755);
  });

  test('shows files through one link to a hidden folder', () => {
    // WHEN
    deliver(OLD);

    // THEN
    expect(readlinkSync(join(target, 'current'))).toMatch(/^\.[0-9a-f]{16}$/);
    for (const name of ['config.json', 'pki', 'authorized-clients'])
      expect(readlinkSync(join(target, name))).toBe(`current/${name}`);
    expect(generations()).toEqual([readlinkSync(join(target, 'current'))]);
  });

  test('leaves a list of files and their hashes, readable by their owner only', () => {
    // WHEN
    const { stdout } = deliver(OLD);

    // THEN
    const list = join(target, 'current', '.sha256');
    const hashes = Object.entries(OLD).map(
      ([path, content]) => `${createHash('sha256').update(content).digest('hex')}  ${path}\n`,
    );
    const text = readFileSync(list, 'utf8');
    expect(text.split('\n').sort()).toEqual(hashes.join('').split('\n').sort());
    expect(stdout).toBe(`files delivered: ${createHash('sha256').update(text).digest('hex').slice(0, 16)}\n`);
    expect(statSync(list)).toMatchObject({ uid: OWNER, gid: OWNER, mode: 0o100400 });
  });

  test('replaces foreign entries with its links', () => {
    // GIVEN
    deliver(OLD);
    rmSync(join(target, 'pki'));
    rmSync(join(target, 'config.json'));
    for (const folder of ['pki', 'more']) mkdirSync(join(target, folder, 'deep'), { recursive: true });
    writeFileSync(join(target, 'config.json'), 'a file of its own');

    // WHEN
    expect(deliver(OLD)).toMatchObject({ status: 0, stderr: '' });

    // THEN
    expect(shown()).toEqual(OLD);
    expect(readlinkSync(join(target, 'pki'))).toBe('current/pki');
  });

  test('replaces old files completely', () => {
    // GIVEN
    deliver(OLD);
    const before = generations();

    // WHEN
    expect(deliver(NEW).status).toBe(0);

    // THEN
    expect(shown()).toEqual(NEW);
    expect(generations()).toHaveLength(1);
    expect(generations()).not.toEqual(before);
  });

  test('removes what is no longer delivered', () => {
    // GIVEN
    deliver(OLD);
    const rest = Object.fromEntries(Object.entries(OLD).filter(([path]) => path !== 'authorized-clients'));

    // WHEN
    deliver(rest);

    // THEN
    expect(shown()).toEqual(rest);
    expect(lstatSync(join(target, 'authorized-clients'), { throwIfNoEntry: false })).toBeUndefined();
  });

  test('can be repeated with the same files and the same result', () => {
    // GIVEN
    deliver(OLD);

    // WHEN: the third time it takes the first one's folder again
    const results = [deliver(OLD), deliver(OLD)];

    // THEN
    expect(results.map(({ status }) => status)).toEqual([0, 0]);
    expect(shown()).toEqual(OLD);
    expect(generations()).toEqual([readlinkSync(join(target, 'current'))]);
  });

  test.each<[string, Files]>([
    ['other files', NEW],
    ['the same files', OLD],
    ['fewer files', { 'config.json': 'new config\n', 'pki/cert.pem': 'new cert\n' }],
  ])('shows all old or all new files at every step on the way to %s', (_, files) => {
    // GIVEN a search path on which each command first notes what a server reads
    const commands = join(folder, 'commands');
    mkdirSync(commands);
    const note = [
      '#!/bin/bash',
      `PATH='${process.env.PATH}'`,
      `note="$(cat '${target}/config.json' '${target}/pki/cert.pem' 2>&1)"`,
      // One write: two commands of a pipeline may note at once.
      `printf '%s\\n' "\${note//$'\\n'/ }" >> '${folder}/notes'`,
      'exec "${0##*/}" "$@"',
    ].join('\n');
    for (const command of ['rm', 'mkdir', 'cp', 'base64', 'chown', 'ln', 'mv', 'sha256sum', 'readlink'])
      writeFileSync(join(commands, command), note, { mode: 0o755 });
    deliver(OLD);

    // WHEN
    upload(files);
    const result = run([source, target, String(OWNER)], { PATH: `${commands}:${process.env.PATH}` });

    // THEN
    expect(result).toMatchObject({ status: 0, stderr: '' });
    const notes = readFileSync(join(folder, 'notes'), 'utf8').split('\n').filter(Boolean);
    expect(notes.length).toBeGreaterThan(10);
    const whole = [OLD, files].map(each =>
      `${each['config.json']}${each['pki/cert.pem']}`.trimEnd().replaceAll('\n', ' '),
    );
    expect(notes.filter(line => !whole.includes(line))).toEqual([]);
    expect(notes[0]).toBe(whole[0]);
    expect(shown()).toEqual(files);
  });

  test('that cannot change owners fails and keeps the old files', () => {
    // GIVEN
    deliver(OLD);

    // WHEN
    const result = deliver(NEW, 'no-such-user');

    // THEN
    expect(result.status).not.toBe(0);
    expect(result.stderr).toContain('no-such-user');
    expect(result.stdout).toBe('');
    expect(shown()).toEqual(OLD);
  });

  test('after a failed one leaves no remains of it', () => {
    // GIVEN
    deliver(OLD);
    deliver(NEW, 'no-such-user');

    // WHEN
    expect(deliver(NEW).status).toBe(0);

    // THEN
    expect(shown()).toEqual(NEW);
    expect(generations()).toEqual([readlinkSync(join(target, 'current'))]);
  });

  describe('into a volume that somebody else uses', () => {
    const made = (name: string, what: 'file' | 'folder' | 'link') => {
      const path = join(target, name);
      if (what === 'file') writeFileSync(path, 'theirs\n');
      else if (what === 'link') symlinkSync('releases/7', path);
      else mkdirSync(path);
    };

    test.each<[string, 'file' | 'folder' | 'link']>([
      ['accounts.csv', 'file'],
      ['config.json', 'file'],
      ['pki', 'folder'],
      ['.hidden', 'file'],
      ['..data', 'folder'],
      ['current', 'link'],
      ['current', 'folder'],
      ['.0123456789abcdef', 'folder'],
    ])('with %s (a %s) is refused in one sentence, and changes nothing', (name, what) => {
      // GIVEN
      made(name, what);
      mkdirSync(join(target, 'lost+found'));
      const before = readdirSync(target, { recursive: true });

      // WHEN
      const result = deliver(OLD);

      // THEN
      expect(result).toEqual({
        status: 1,
        stdout: '',
        stderr: `deliver-files.sh: error: the volume holds '${name}', which no delivery made: move it elsewhere, or choose another name for the cluster\n`,
      });
      expect(readdirSync(target, { recursive: true })).toEqual(before);
    });

    test('is not confused with the remains of an interrupted first delivery', () => {
      // GIVEN: before its files were whole, then before they were shown
      mkdirSync(join(target, '.new', 'pki'), { recursive: true });
      expect(deliver(OLD).status).toBe(0);
      rmSync(join(target, 'current'));

      // WHEN
      expect(deliver(NEW)).toMatchObject({ status: 0, stderr: '' });

      // THEN
      expect(shown()).toEqual(NEW);
    });

    test("of an earlier release counts as the server's own, and foreign files are removed as drift", () => {
      // GIVEN: its folder has no list
      deliver(OLD);
      rmSync(join(target, 'current', '.sha256'));
      made('accounts.csv', 'file');

      // WHEN
      expect(deliver(NEW)).toMatchObject({ status: 0, stderr: '' });

      // THEN
      expect(shown()).toEqual(NEW);
    });
  });

  test('from the same container a second time fails and keeps the files', () => {
    // GIVEN
    deliver(OLD);

    // WHEN
    const result = run([source, target, String(OWNER)]);

    // THEN
    expect(result.status).not.toBe(0);
    expect(result.stderr).toContain('No such file or directory');
    expect(shown()).toEqual(OLD);
  });

  test('of nothing fails and keeps the files', () => {
    // GIVEN
    deliver(OLD);
    upload({});

    // WHEN
    const result = run([source, target, String(OWNER)]);

    // THEN
    expect(result).toEqual({
      status: 1,
      stdout: '',
      stderr: `deliver-files.sh: error: no config.json in ${source}\n`,
    });
    expect(shown()).toEqual(OLD);
  });

  test.each<[string, number]>([
    ['source directory', 0],
    ['target directory', 1],
    ['user id', 2],
  ])('says that it misses the %s', (what, given) => {
    // WHEN
    upload(OLD);
    const result = run([source, target, String(OWNER)].slice(0, given));

    // THEN
    expect(result.status).not.toBe(0);
    expect(result.stderr.trim().endsWith(`: ${what}`)).toBe(true);
    expect(readdirSync(target)).toEqual([]);
  });
});
