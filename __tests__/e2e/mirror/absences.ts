import { docker, sleep, stopInside } from '../support/faults';
import { longestGap } from '../support/mirror-bed';
import { IS_ON_DEMAND } from '../support/repetitions';
import { ecp, ecpOk, eventually } from '../support/test-cluster';
import { AGAIN_SEC, WHOLE_SEC, bed, cluster, figures, live, requireIntact, requireUnfailing } from './context';
import { fillDisk, makeRoom } from './small-disks';

/** What the primary goes on without. */
export function absences(): void {
  live('a backup that is away stops the primary for seconds, and joins again by itself', async () => {
    const primary = await bed.whole(WHOLE_SEC);
    const backup = bed.container(bed.other(primary));
    const phase = await bed.during(
      () => docker(['kill', backup]),
      AGAIN_SEC,
      async () => {
        const status = await ecp(cluster, ['status']);
        expect(status.stdout).toContain('does not fail over by itself at this moment: its backup is away');
        await docker(['start', backup]);
        expect(await bed.whole(WHOLE_SEC)).toBe(primary);
      },
    );
    await requireIntact(phase, [0]);
    figures.add(
      'the backup is killed',
      'the primary goes on',
      `longest pause ${longestGap(bed.clients(phase.oracle)).toFixed(1)} s`,
    );
  });

  live(
    'a backup that answers and confirms nothing stops the primary for seconds, and is active again by itself',
    async () => {
      const primary = await bed.whole(WHOLE_SEC);
      const backup = async () => (await bed.member(primary)).mirror.backup;
      const phase = await bed.during(
        () => Promise.resolve(),
        AGAIN_SEC,
        async () => {
          await stopInside(bed.container(bed.other(primary)), 'mupip', 'replicate -updateproc', async () => {
            await eventually(
              'the primary goes on alone',
              10,
              async () => (await backup()) === 'catching up' || undefined,
            );
            await sleep(5);
            expect((await bed.member(primary)).mirror.lag).toBeGreaterThan(0);
          });
          expect(await bed.whole(WHOLE_SEC)).toBe(primary);
        },
      );
      const longest = await requireUnfailing(phase, 0);
      figures.add('the backup confirms nothing', 'the primary goes on', `longest pause ${longest.toFixed(1)} s`);
    },
  );

  live('without its arbiter it does not fail over by itself, and says so', async () => {
    const primary = await bed.whole(WHOLE_SEC);
    const arbiter = bed.container('arbiter');
    const phase = await bed.during(
      () => docker(['stop', arbiter]),
      AGAIN_SEC,
      async () => {
        await eventually(
          'the primary says so',
          10,
          async () => (await bed.member(primary)).mirror.failover === 'by hand' || undefined,
        );
        const status = await ecp(cluster, ['status']);
        expect(status.stdout).toContain('does not fail over by itself at this moment: its arbiter is away');
        await docker(['start', arbiter]);
        expect(await bed.whole(WHOLE_SEC)).toBe(primary);
      },
    );
    await requireIntact(phase, [0]);
  });

  if (!IS_ON_DEMAND) return;
  fullAlone();
  byHand();
}

function fullAlone(): void {
  live('a primary that is alone goes on after a full disk, and the other member is seeded anew', async () => {
    const primary = await bed.whole(WHOLE_SEC);
    const other = bed.other(primary);
    await docker(['stop', bed.container(other)]);
    const phase = await bed.during(
      async () => {
        try {
          const isFull = async () => (await bed.member(primary)).state === 'Trouble';
          await fillDisk(bed.container(primary), 'the disk is full', isFull);
        } finally {
          await makeRoom(bed.container(primary));
        }
      },
      60,
      async () => {
        await docker(['start', bed.container(other)]);
        await eventually('the other member says how it comes back', 60, async () => {
          return (await bed.member(other)).reason.includes('ecp-node seed replaces what it has') || undefined;
        });
        await ecpOk(cluster, ['exec', other, 'seed']);
        expect(await bed.whole(WHOLE_SEC)).toBe(primary);
      },
    );
    await requireIntact(phase, [0]);
  });
}

function byHand(): void {
  live('with neither primary nor arbiter nobody takes over until a person says so', async () => {
    const primary = await bed.whole(WHOLE_SEC);
    const other = bed.other(primary);
    const arbiter = bed.container('arbiter');
    await docker(['stop', arbiter]);
    await eventually('it does not fail over', 10, async () => {
      return (await bed.member(primary)).mirror.failover === 'by hand' || undefined;
    });
    const phase = await bed.during(
      async () => {
        await docker(['kill', bed.container(primary)]);
        await sleep(8);
        expect((await bed.member(other)).mirror.role).toBe('backup');
        await docker(['exec', bed.container(other), 'ecp-node', 'promote']);
      },
      AGAIN_SEC,
      async () => {
        await docker(['start', bed.container(primary), arbiter]);
        expect(await bed.whole(WHOLE_SEC)).toBe(other);
      },
    );
    await requireIntact(phase, [1]);
    figures.add('`ecp-node promote`', '0 lost', `written again ${phase.firstAck.toFixed(1)} s later`);
  });
}
