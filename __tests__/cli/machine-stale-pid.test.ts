import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeStalePid } from '../../cli/machine/docker-start';

const onLinux = process.platform === 'linux' ? test : test.skip;

describe('a pid file', () => {
  let folder: string;
  let pidFile: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ecp-pid-'));
    pidFile = join(folder, 'docker.pid');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  onLinux('of the program itself stays', () => {
    writeFileSync(pidFile, `${process.pid}\n`);
    removeStalePid(pidFile, readFileSync('/proc/self/comm', 'utf8').trim());
    expect(existsSync(pidFile)).toBe(true);
  });

  onLinux('whose number another program has by now goes, since dockerd would refuse to start', () => {
    writeFileSync(pidFile, String(process.pid));
    removeStalePid(pidFile, 'dockerd');
    expect(existsSync(pidFile)).toBe(false);
  });

  test('of a process that is gone goes', () => {
    writeFileSync(pidFile, '999999999');
    removeStalePid(pidFile, 'dockerd');
    expect(existsSync(pidFile)).toBe(false);
  });

  test('that is not there is no error', () => {
    expect(() => removeStalePid(pidFile, 'dockerd')).not.toThrow();
  });
});
