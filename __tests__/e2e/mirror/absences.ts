import { docker } from '../support/faults';
import { longestGap } from '../support/mirror-bed';
import { ecp } from '../support/test-cluster';
import { AGAIN_SEC, WHOLE_SEC, bed, cluster, figures, live, requireIntact } from './context';

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

  live('without its arbiter it does not fail over by itself, and says so', async () => {
    const primary = await bed.whole(WHOLE_SEC);
    const arbiter = bed.container('arbiter');
    const phase = await bed.during(
      () => docker(['stop', arbiter]),
      AGAIN_SEC,
      async () => {
        await expect(byHand(primary)).resolves.toBe('by hand');
        const status = await ecp(cluster, ['status']);
        expect(status.stdout).toContain('does not fail over by itself at this moment: its arbiter is away');
        await docker(['start', arbiter]);
        expect(await bed.whole(WHOLE_SEC)).toBe(primary);
      },
    );
    await requireIntact(phase, [0]);
  });
}

/** What the primary says of failover, once it has noticed. */
async function byHand(primary: string): Promise<string | undefined> {
  for (let look = 0; look < 30; look++) {
    const { mirror } = await bed.member(primary);
    if (mirror.failover === 'by hand') return mirror.failover;
    await new Promise(resolve => setTimeout(resolve, 300));
  }
  return (await bed.member(primary)).mirror.failover;
}
