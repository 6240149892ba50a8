import { docker } from '../support/faults';
import { flip } from '../support/damage';
import { eventually } from '../support/test-cluster';
import type { BackupBed } from './context';

const DATABASE = 'cd "$(dirname "$(find /durable -name GTM.DAT ! -path "*/.aside*")")"';
/** Of each copy its name and the hash of what it holds. */
const COPIES = `${DATABASE}; for file in copy.*; do echo "\${file#copy.}" "$(openssl dgst -sha256 -r "$file" | cut -c1-64)"; done`;
const IS_COPY = /^([0-9a-f]{64}) \1$/;

/** The copy that a restore leaves is the one that a crash after it is recovered from, with what was written since. */
export async function recoversFromRestoredCopy(bed: BackupBed): Promise<void> {
  const old = `old${Date.now()}`;
  await bed.write('^demo.restored', old);
  await bed.takeBackup();
  await bed.ecp('restore', '--yes');
  const started = await docker(['inspect', '--format', '{{.State.StartedAt}}', bed.dataServer]);
  expect(await bed.inDataVolume(`${DATABASE}; find . -name 'copy.*' -newermt '${started}'`)).toBe('');
  await bed.write('^demo.since', 'the restore');
  await docker(['kill', bed.dataServer]);
  expect(await bed.inDataVolume(COPIES)).toMatch(IS_COPY);
  await bed.inDataVolume(`${DATABASE}; word=${old}; ${flip('GTM.DAT', '$word')}`);
  await docker(['start', bed.dataServer]);
  await bed.allNormal();
  const values = ['^demo.restored', '^demo.since'].map(each => bed.ecp('exec', 'app-server-1', 'get', each));
  expect((await Promise.all(values)).map(each => each.trim())).toEqual([old, 'the restore']);
}

/** A loss of power may take the copy that a restore has written, and leaves the database, which is on disk before a server starts on it. */
export async function replacesLostCopy(bed: BackupBed): Promise<void> {
  await docker(['stop', bed.dataServer]);
  await bed.inDataVolume(`${DATABASE}; rm copy.*; head -c 10000 GTM.DAT >"copy.$(head -c 64 seal)"`);
  const lost = await bed.inDataVolume(COPIES);
  await docker(['start', bed.dataServer]);
  await bed.allNormal();
  const copies = await eventually('another copy', 60, async () => {
    const now = await bed.inDataVolume(COPIES);
    return IS_COPY.test(now) ? now : undefined;
  });
  expect(copies).not.toContain(lost.slice(0, 64));
}
