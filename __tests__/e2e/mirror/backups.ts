import { betweenWrites } from '../backup/context';
import { Command } from '../support/command';
import { docker, sleep, tryDocker } from '../support/faults';
import { IS_ON_DEMAND } from '../support/repetitions';
import { ecpOk } from '../support/test-cluster';
import { AGAIN_SEC, MEMBERS, WHOLE_SEC, bed, cluster, figures, live, requireUnfailing } from './context';

const ecp = (...args: readonly string[]): Promise<string> => ecpOk(cluster, args);

async function write(reference: string, value: string): Promise<void> {
  await ecpOk(cluster, ['exec', 'app-server-1', 'set', reference], value);
  await ecp('exec', 'app-server-1', 'sync');
}

/** The member whose copy was backed up last: its journals go on from there. */
async function lastCopied(): Promise<string[]> {
  const script = `cmp -s "$(find /durable -name timeline ! -path '*/.aside*')" /backup/timeline`;
  const answers = await Promise.all(
    MEMBERS.map(async name => (await tryDocker(['exec', bed.container(name), 'bash', '-c', script])).code),
  );
  return MEMBERS.filter((_, index) => answers[index] === 0);
}

/** What a restore has kept aside in a member's volume. */
function asideOf(name: string): Promise<string> {
  return docker(['exec', bed.container(name), 'find', '/durable', '-maxdepth', '1', '-name', '.aside-*']);
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

  if (IS_ON_DEMAND) cutShort();
}

/** Seconds after both members have stopped. */
const MOMENTS_SEC = [0, 0.5, 1, 2, 4];

function cutShort(): void {
  live(
    'a restore that was killed leaves all of before, all of the backup or no server, and the next one goes on',
    async () => {
      await bed.whole(WHOLE_SEC);
      await write('^demo.cut', 'good');
      await ecp('backup');
      const refusals: string[] = [];
      for (const [index, sec] of MOMENTS_SEC.entries()) {
        await write('^demo.cut', `spoilt ${index}`);
        const restore = new Command(['restore', '--yes'], cluster);
        await restore.prints(/✓ Stop both members/, 60);
        await sleep(sec);
        await restore.kill({ children: true });
        // As a machine that starts again would.
        await tryDocker(['rm', '--force', bed.container('restore')]);
        await Promise.all([...MEMBERS, 'arbiter'].map(name => docker(['start', bed.container(name)])));
        await sleep(5);
        const members = await bed.both();
        if (members.some(({ mirror, state }) => mirror.role === 'primary' && state === 'Normal'))
          expect([`spoilt ${index}`, 'good']).toContain((await ecp('exec', 'app-server-1', 'get', '^demo.cut')).trim());
        refusals.push(...members.filter(({ reason }) => reason.includes('a restore')).map(({ name }) => name));
        const said = await ecp('restore', '--yes');
        for (const [, words = ''] of said.matchAll(
          /has left the data of before it .*; docker (exec \S+ .*) deletes it/g,
        ))
          await docker(words.split(' '));
        await bed.whole(WHOLE_SEC);
        expect((await ecp('exec', 'app-server-1', 'get', '^demo.cut')).trim()).toBe('good');
        for (const name of MEMBERS) expect(await asideOf(name)).toBe('');
      }
      expect(new Set(refusals)).toEqual(new Set(MEMBERS));
    },
  );
}
