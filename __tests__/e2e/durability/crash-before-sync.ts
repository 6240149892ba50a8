import { docker, inside, killMainProcess, tryDocker } from '../support/faults';
import { Session } from '../support/session';
import { DATA, NORMAL_SEC, bed, fault, figures } from './context';

const APP = bed.container('app-server-1');

/** A crash of the data server between a write and its sync, which a client need not notice otherwise. */
export const crashBeforeSync = (): void =>
  fault('a sync after a crash does not answer for writes before it', async () => {
    const normal = () =>
      bed.until('all Normal', NORMAL_SEC, async () => {
        const seen = await Promise.all(bed.servers.map(server => bed.status(server)));
        return seen.every(({ state }) => state === 'Normal');
      });
    const crash = async (): Promise<void> => {
      await killMainProcess(DATA);
      await bed.until(
        'the data server has ended',
        10,
        async () => (await bed.status('data-server')).state !== 'Normal',
      );
      await normal();
    };
    const LOST = /^<NETWORK> sync: the data server restarted after a crash: writes since the last sync may be lost$/;

    // A session whose connection for syncs was never open, then one that has it.
    const session = new Session(APP);
    try {
      for (const first of ['set ^demo.crash(1)=1', 'set ^demo.crash(1)=2']) {
        expect(await session.ask([first], 15)).toEqual(['ok']);
        await crash();
        expect(await session.ask(['sync'], 15)).toEqual([expect.stringMatching(LOST)]);
        // The session's connection to the database is another one, and notices the crash at its first use.
        await bed.until('a write', 10, async () => (await session.ask(['set ^demo.crash(2)=1'], 15))[0] === 'ok');
        expect(await session.ask(['sync'], 15)).toEqual(['ok']);
      }
      // A clean stop writes everything down.
      expect(await session.ask(['set ^demo.crash(3)=1'], 15)).toEqual(['ok']);
      await docker(['restart', DATA]);
      await normal();
      expect(await session.ask(['sync'], 15)).toEqual(['ok']);
    } finally {
      session.end();
    }

    for (const container of [APP, DATA]) {
      await inside(container, 'echo 1 | ecp-node set "^demo.crash(4)"');
      await crash();
      const { code, stderr } = await tryDocker(['exec', container, 'ecp-node', 'sync']);
      expect({ container, code, says: stderr.trim() }).toEqual({
        container,
        code: 1,
        says: expect.stringMatching(LOST) as string,
      });
      await inside(container, 'ecp-node sync; echo 1 | ecp-node set "^demo.crash(5)"; ecp-node sync');
    }
    figures.add(
      'data server killed between a write and its `sync`',
      'the `sync` fails, in a session and as a command of its own; after a clean stop it does not',
      'as promised',
    );
  });
