import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canInstallPackages } from '../../cli/machine/apt';
import { chooseStarter } from '../../cli/machine/docker-start';
import { findProgram } from '../../cli/machine/find-program';
import { fakeProgram, removeFolders, restoreEnvironment, temporaryFolder, useOnly } from './machine-fakes';

let folder: string;

beforeEach(() => {
  folder = temporaryFolder();
  useOnly(folder);
});

afterEach(() => {
  jest.restoreAllMocks();
  restoreEnvironment();
  removeFolders();
});

function file(name: string, content: string): string {
  const full = join(folder, name);
  writeFileSync(full, content);
  return full;
}

describe('chooseStarter', () => {
  // Where systemd runs, its folder decides before process 1 is looked at.
  const withoutSystemd = existsSync('/run/systemd/system') ? test.skip : test;

  withoutSystemd('an init system with service scripts starts the daemon', () => {
    fakeProgram(folder, 'service', 'exit 0');
    expect(chooseStarter(file('comm', 'init\n'))).toBe('service');
  });

  withoutSystemd.each([
    ['bash', 'bash\n'],
    ['tini', 'tini\n'],
  ])('where process 1 is %s it is started by hand', (_name, comm) => {
    expect(chooseStarter(file('comm', comm))).toBe('hand');
  });

  withoutSystemd('without /proc it is started by hand', () => {
    expect(chooseStarter('/nowhere')).toBe('hand');
  });
});

describe('canInstallPackages', () => {
  const debian = 'PRETTY_NAME="Debian GNU/Linux 12"\nID=debian\n';

  test.each([
    ['root on Debian', 0, debian, true],
    ['root on Ubuntu', 0, 'ID=ubuntu\nID_LIKE=debian\n', true],
    ['root on a system made of Ubuntu', 0, 'ID=linuxmint\nID_LIKE="ubuntu debian"\n', true],
    ['root on Fedora', 0, 'ID=fedora\nVARIANT="like debian"\n', false],
    ['an ordinary user on Debian', 1000, debian, false],
  ])('%s', (_who, uid, release, expected) => {
    jest.spyOn(process, 'getuid').mockReturnValue(uid);
    fakeProgram(folder, 'apt-get', 'exit 0');
    expect(canInstallPackages(file('os-release', release))).toBe(expected);
  });

  test('not without apt-get', () => {
    jest.spyOn(process, 'getuid').mockReturnValue(0);
    if (existsSync('/usr/sbin/apt-get')) return;
    expect(canInstallPackages(file('os-release', debian))).toBe(false);
  });
});

test('findProgram takes executable files only', () => {
  file('docker', 'not executable');
  mkdirSync(join(folder, 'dockerd'));
  expect(findProgram('docker', [])).toBeUndefined();
  expect(findProgram('dockerd', [])).toBeUndefined();
  fakeProgram(folder, 'go', 'exit 0');
  expect(findProgram('go', [])).toBe(join(folder, 'go'));
});
