import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readListing } from '../../cli/access/delivered-files';
import type { ContainerFacts } from '../../cli/access/docker';
import { listFolder, listThroughProc, readInFolder, readThroughProc } from '../../cli/access/proc-files';
import { compareFiles } from '../../cli/drift/file-drift';

let folder: string;

/** A files volume as deliver-files.sh leaves it. */
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ecp-files-'));
  mkdirSync(join(folder, '.0123456789abcdef', 'pki'), { recursive: true });
  symlinkSync('.0123456789abcdef', join(folder, 'current'));
  for (const entry of ['config.json', 'pki']) symlinkSync(`current/${entry}`, join(folder, entry));
  for (const file of ['config.json', 'pki/ca.pem', 'pki/key.pem']) write(`current/${file}`, `content of ${file}`);
  const list = execFileSync('sha256sum', ['config.json', 'pki/ca.pem', 'pki/key.pem'], { cwd: folder });
  write('current/.sha256', list.toString());
});

afterEach(() => rmSync(folder, { recursive: true }));

const write = (path: string, text: string): void => writeFileSync(join(folder, path), text);
const look = (): string => listFolder(folder, statSync(folder));
const found = (): string[] => compareFiles(readListing(look()), '0123456789abcdef');

test('files as they were delivered are no difference', () => {
  expect(found()).toEqual([]);
});

test('a changed, a removed and an added file are named', () => {
  write('current/config.json', 'other');
  unlinkSync(join(folder, 'pki/ca.pem'));
  write('pki/more.pem', 'more');
  write('note', 'by hand');
  expect(found()).toEqual([
    'config.json was changed by hand',
    'pki/ca.pem was removed or made unreadable by hand',
    'note, pki/more.pem were added by hand',
  ]);
});

test('another generation is shown', () => {
  expect(compareFiles(readListing(look()), 'fedcba9876543210')).toEqual([
    "its files are not those that were delivered (shown is '0123456789abcdef', delivered was 'fedcba9876543210')",
  ]);
});

test('what the server may not read counts as gone, although root could', () => {
  chmodSync(join(folder, 'pki/key.pem'), 0o040);
  expect(found()).toEqual(['pki/key.pem was removed or made unreadable by hand']);
  const { uid, gid } = statSync(folder);
  chmodSync(join(folder, 'pki/key.pem'), 0o400);
  expect(compareFiles(readListing(listFolder(folder, { uid: uid + 1, gid })), undefined)).toEqual([
    'pki/key.pem was removed or made unreadable by hand',
  ]);
});

test.each<[string, () => void]>([
  ['a link out of the volume', () => symlinkSync('/etc/hostname', join(folder, 'hosts'))],
  [
    'a link to a link',
    () =>
      symlinkSync('/etc/hostname', join(folder, 'current/hosts')) ??
      symlinkSync('current/hosts', join(folder, 'hosts')),
  ],
  [
    'a list that is a link',
    () => unlinkSync(join(folder, 'current/.sha256')) ?? symlinkSync('/etc/hostname', join(folder, 'current/.sha256')),
  ],
  [
    'a generation elsewhere',
    () =>
      unlinkSync(join(folder, 'current')) ??
      symlinkSync('/', join(folder, '.else')) ??
      symlinkSync('.else', join(folder, 'current')),
  ],
  ['a link below pki', () => symlinkSync('/etc/hostname', join(folder, 'pki/hosts'))],
  ['a pipe, which would be read for ever', () => void execFileSync('mkfifo', [join(folder, 'pki/pipe')])],
  ['a directory', () => mkdirSync(join(folder, 'more'))],
  ['a name that is written in another way', () => write('a\\b', '')],
])('%s is left to the script inside the server', (_, make) => {
  make();
  expect(look).toThrow();
});

test('a process of this machine that is not the container is not looked at', () => {
  const facts = { Id: 'f'.repeat(64), State: { Pid: process.pid } } as unknown as ContainerFacts;
  expect(listThroughProc(facts)).toBeUndefined();
});

test('one file of the delivery is read, wherever the links before it lead', () => {
  expect(readInFolder(folder, 'pki/ca.pem')).toBe('content of pki/ca.pem');
  unlinkSync(join(folder, 'pki'));
  symlinkSync('/etc', join(folder, 'pki'));
  expect(readInFolder(folder, 'pki/ca.pem')).toBe('content of pki/ca.pem');
});

test.each(['current', '.0123456789abcdef/pki', '.0123456789abcdef/pki/ca.pem'])(
  'a link at %s out of the container is not followed',
  path => {
    rmSync(join(folder, path), { recursive: true });
    symlinkSync(join(folder, 'config.json'), join(folder, path));
    expect(() => readInFolder(folder, 'pki/ca.pem')).toThrow();
  },
);

test('a file of a container that runs elsewhere has to be asked for', () => {
  const facts = { Id: 'a'.repeat(64), State: { Pid: process.pid } } as unknown as ContainerFacts;
  expect(readThroughProc(facts, 'pki/ca.pem')).toBeUndefined();
});
