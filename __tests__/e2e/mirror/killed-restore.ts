import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from '../support/command';
import { docker, sleep, tryDocker } from '../support/faults';
import { MEMBERS, VOLUMES, WHOLE_SEC, bed, cluster, ecp, live, write } from './context';

/** What a restore has kept aside in a member's volume. */
export function asideOf(name: string): Promise<string> {
  return docker(['exec', bed.container(name), 'find', '/durable', '-maxdepth', '1', '-name', '.aside-*']);
}

/** Waits until a restore has set its mark in a member's volume, or has removed it. */
async function marked(volume: string, isSo: boolean): Promise<void> {
  const folder = await docker(['volume', 'inspect', '--format', '{{.Mountpoint}}', volume]);
  const end = Date.now() + 60_000;
  while (existsSync(join(folder, '.restoring')) !== isSo) {
    if (Date.now() > end) throw new Error(`the restore has come to no such moment in ${volume}`);
    await sleep(0.005);
  }
}

const [FIRST, SECOND] = VOLUMES;

/** When a restore is killed, once both members have stopped. */
const MOMENTS: readonly (() => Promise<void>)[] = [
  () => Promise.resolve(),
  () => marked(SECOND, true),
  () => marked(FIRST, true),
  () => marked(FIRST, true).then(() => marked(FIRST, false)),
  () => marked(SECOND, true).then(() => marked(SECOND, false)),
];

export function killedRestore(): void {
  live(
    'a restore that was killed leaves all of before, all of the backup or no server, and the next one goes on',
    async () => {
      const read = async (): Promise<string> => (await ecp('exec', 'app-server-1', 'get', '^demo.cut')).trim();
      await bed.whole(WHOLE_SEC);
      await write('^demo.cut', 'good');
      await ecp('backup');
      const refusals: string[] = [];
      for (const [index, moment] of MOMENTS.entries()) {
        await write('^demo.cut', `spoilt ${index}`);
        const restore = new Command(['restore', '--yes'], cluster);
        await restore.prints(/✓ Stop both members/, 60);
        await moment();
        // Both, as a machine that starts again would.
        const container = tryDocker(['rm', '--force', bed.container('restore')]);
        await restore.kill({ children: true });
        await container;
        await Promise.all([...MEMBERS, 'arbiter'].map(name => docker(['start', bed.container(name)])));
        await sleep(5);
        const members = await bed.both();
        if (members.some(({ mirror, state }) => mirror.role === 'primary' && state === 'Normal'))
          expect([`spoilt ${index}`, 'good']).toContain(await read());
        refusals.push(...members.filter(({ reason }) => reason.includes('a restore')).map(({ name }) => name));
        const said = await ecp('restore', '--yes');
        for (const [, words = ''] of said.matchAll(
          /has left the data of before it .*; docker (exec \S+ .*) deletes it/g,
        ))
          await docker(words.split(' '));
        await bed.whole(WHOLE_SEC);
        expect(await read()).toBe('good');
        for (const name of MEMBERS) expect(await asideOf(name)).toBe('');
      }
      expect(new Set(refusals)).toEqual(new Set(MEMBERS));
    },
  );
}
