import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { replaceFile } from '../../cli/replace-file';
import { UserError } from '../../cli/terminal';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ecp-write-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (path: string): void => replaceFile('--html', path, 'new');

test('a file is made or replaced, and nothing else is left', () => {
  write(join(folder, 'page.html'));
  writeFileSync(join(folder, 'old.html'), 'old and longer');
  write(join(folder, 'old.html'));
  expect(readdirSync(folder).sort()).toEqual(['old.html', 'page.html']);
  for (const name of readdirSync(folder)) expect(readFileSync(join(folder, name), 'utf8')).toBe('new');
});

test.each([
  [0o027, 0o640],
  [0o077, 0o600],
  [0, 0o644],
  [0o002, 0o644],
])('with the umask %i its mode is %i: nobody else may write', (umask, mode) => {
  const before = process.umask(umask);
  try {
    write(join(folder, 'page.html'));
    writeFileSync(join(folder, 'open.html'), 'old', { mode: 0o666 });
    write(join(folder, 'open.html'));
  } finally {
    process.umask(before);
  }
  for (const name of ['page.html', 'open.html']) expect(statSync(join(folder, name)).mode & 0o777).toBe(mode);
});

test('a reader of the old file keeps it, and a link leads to the new one', () => {
  writeFileSync(join(folder, 'page.html'), 'old');
  symlinkSync('page.html', join(folder, 'link.html'));
  const inode = statSync(join(folder, 'page.html')).ino;
  write(join(folder, 'link.html'));
  expect(statSync(join(folder, 'page.html')).ino).not.toBe(inode);
  expect(readFileSync(join(folder, 'page.html'), 'utf8')).toBe('new');
});

test('what is no file is refused in one sentence and left as it is', () => {
  mkdirSync(join(folder, 'sub'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  for (const [path, why] of [
    [join(folder, 'sub'), 'it is a folder'],
    [join(folder, 'pipe'), 'it is not a file'],
    ['/dev/stdout', 'it is not a file'],
    ['/dev/null', 'it is not a file'],
    [join(folder, 'missing', 'page.html'), 'ENOENT'],
    ['', 'ENOENT'],
  ] as const) {
    const refused = (): void => write(path);
    expect(refused).toThrow(UserError);
    expect(refused).toThrow(`'--html' must name a file that can be written, got '${path}' (${why}`);
  }
  expect(readdirSync(folder).sort()).toEqual(['pipe', 'sub']);
  expect(statSync(join(folder, 'pipe')).isFIFO()).toBe(true);
});

test('a path is relative to where the user stands', () => {
  const before = process.env.INIT_CWD;
  process.env.INIT_CWD = folder;
  try {
    write('here.html');
    expect(readdirSync(folder)).toEqual(['here.html']);
  } finally {
    if (before === undefined) delete process.env.INIT_CWD;
    else process.env.INIT_CWD = before;
  }
});
