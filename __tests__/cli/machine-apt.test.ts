import { readFileSync } from 'node:fs';
import { fakeProgram, removeFolders, restoreEnvironment, temporaryFolder, useOnly } from './machine-fakes';

let programs: string;
let installPackages: typeof import('../../cli/machine/apt').installPackages;

beforeEach(() => {
  programs = temporaryFolder();
  useOnly(programs);
  // The module remembers that the lists are fresh.
  jest.isolateModules(() => ({ installPackages } = jest.requireActual('../../cli/machine/apt')));
});

afterEach(() => {
  restoreEnvironment();
  removeFolders();
});

const HAND = "check the network and /etc/apt, then run 'apt-get install docker.io iptables' by hand or 'ecp up' again";

/** An apt-get that ignores its two leading words, the lock's timeout. */
function fakeApt(update: string, install: string): void {
  fakeProgram(programs, 'apt-get', `case $3 in update) ${update};; install) ${install};; esac`);
}

test('fetches the lists once and never removes or asks', async () => {
  fakeApt(`echo update >> '${programs}/said'`, `echo "$DEBIAN_FRONTEND $*" >> '${programs}/said'`);
  await installPackages(['docker.io'], () => undefined);
  await installPackages(['docker-cli'], () => undefined);
  const said = readFileSync(`${programs}/said`, 'utf8').trim().split('\n');
  expect(said).toEqual([
    'update',
    'noninteractive -o DPkg::Lock::Timeout=300 install -q -y --no-remove --no-install-recommends docker.io',
    'noninteractive -o DPkg::Lock::Timeout=300 install -q -y --no-remove --no-install-recommends docker-cli',
  ]);
});

test('a source that cannot be reached is the cause, whatever the installation says', async () => {
  fakeApt(
    `echo "W: Failed to fetch http://deb.example/InRelease  Could not resolve 'deb.example'" >&2`,
    `echo "E: Package 'iptables' has no installation candidate" >&2; exit 100`,
  );
  await expect(installPackages(['docker.io', 'iptables'], () => undefined)).rejects.toThrow(
    `'apt-get install' failed (W: Failed to fetch http://deb.example/InRelease  Could not resolve 'deb.example'): ${HAND}`,
  );
});

test('else apt-get’s own error is told', async () => {
  fakeApt('true', `echo "E: Packages need to be removed but remove is disabled." >&2; exit 100`);
  await expect(installPackages(['docker.io', 'iptables'], () => undefined)).rejects.toThrow(
    `'apt-get install' failed (E: Packages need to be removed but remove is disabled.): ${HAND}`,
  );
});
