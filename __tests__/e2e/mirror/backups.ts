import { betweenWrites } from '../backup/context';
import { docker, tryDocker } from '../support/faults';
import { IS_ON_DEMAND } from '../support/repetitions';
import { AGAIN_SEC, MEMBERS, WHOLE_SEC, bed, ecp, figures, live, requireUnfailing, write } from './context';
import { asideOf, killedRestore } from './killed-restore';

/** The member whose copy was backed up last: its journals go on from there. */
async function lastCopied(): Promise<string[]> {
  const script = `cmp -s "$(find /durable -name timeline ! -path '*/.aside*')" /backup/timeline`;
  const answers = await Promise.all(
    MEMBERS.map(async name => (await tryDocker(['exec', bed.container(name), 'bash', '-c', script])).code),
  );
  return MEMBERS.filter((_, index) => answers[index] === 0);
}

/** Backups of a mirror, and both members on one of them. */
export function backups(): void {
  live('a backup is a copy of the active backup, or of the primary that is alone, and no write fails', async () => {
    const primary = await bed.whole(WHOLE_SEC);
    const phase = await bed.during(() => ecp('backup'), AGAIN_SEC);
    const longest = await requireUnfailing(phase, 0);
    figures.add('./ecp backup', 'no write fails', `longest pause ${longest.toFixed(1)} s`);
    expect(await lastCopied()).toEqual([bed.other(primary)]);
    await docker(['kill', bed.container(bed.other(primary))]);
    try {
      await ecp('backup');
      expect(await lastCopied()).toEqual([primary]);
    } finally {
      await docker(['start', bed.container(bed.other(primary))]);
    }
    expect(await bed.whole(WHOLE_SEC)).toBe(primary);
    expect(await ecp('backup', '--verify')).toContain('are as they were noted');
  });

  live('a restore brings both members back to a time between two backups', async () => {
    await bed.whole(WHOLE_SEC);
    await ecp('backup');
    await write('^demo.restored', 'good');
    const to = await betweenWrites();
    await write('^demo.restored', 'spoilt');
    await ecp('backup');
    const output = await ecp('restore', '--to', to, '--yes');
    expect(output).toMatch(/kept in \.aside-\w+ of the volume ecp-mirror-data and in \.aside-\w+ of the volume/);
    for (const expected of MEMBERS) {
      expect(await bed.whole(WHOLE_SEC)).toBe(expected);
      expect((await ecp('exec', 'app-server-1', 'get', '^demo.restored')).trim()).toBe('good');
      expect(await asideOf(expected)).toBe('');
      await ecp('switch-over');
    }
  });

  if (IS_ON_DEMAND) killedRestore();
}
