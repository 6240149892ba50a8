import { flip } from '../support/damage';
import { docker, sleep, stopInside, tryDocker } from '../support/faults';
import { spread } from '../support/figures';
import { IS_ON_DEMAND } from '../support/repetitions';
import { ecp, ecpOk, eventually, terraform } from '../support/test-cluster';
import {
  AGAIN_SEC,
  MEMBERS,
  REPEAT,
  VOLUMES,
  WHOLE_SEC,
  bed,
  cluster,
  figures,
  live,
  requireIntact,
  requireUnfailing,
} from './context';

const SWITCH_OVERS = IS_ON_DEMAND ? 4 * REPEAT : 1;

/** What a person does to a mirror, while writers are at work. */
export function changes(): void {
  live('./ecp switch-over fails no write', async () => {
    const gaps: number[] = [];
    for (let round = 0; round < SWITCH_OVERS; round++) {
      const before = await bed.whole(WHOLE_SEC);
      const phase = await bed.during(async () => {
        const { to } = JSON.parse(await ecpOk(cluster, ['switch-over', '--json'])) as { to: string };
        expect(to).toBe(bed.other(before));
      }, AGAIN_SEC);
      gaps.push(await requireUnfailing(phase, 1));
    }
    figures.add('./ecp switch-over', 'no write fails', `longest pause ${spread(gaps)}`);
  });

  if (IS_ON_DEMAND) {
    slowBackup();
    unfailing('./ecp rotate', 0, () => ecpOk(cluster, ['rotate']));
    unfailing('./ecp rotate --ca', 0, () => ecpOk(cluster, ['rotate', '--ca']));
    const port = String(cluster.dataServerWebPort + 10);
    const changed = { ...cluster, environment: { ...cluster.environment, ECP_DATA_SERVER_WEB_PORT: port } };
    for (const [name, each] of [
      ['a rolling change of both members', changed],
      ['a rolling change back', cluster],
    ] as const)
      unfailing(name, 1, async () => {
        const output = await ecpOk(each, ['up', '--yes']);
        expect(output).toMatch(/✓ Roll \S+ \(1 of 2\)[^]*✓ Switch over from [^]*✓ Roll \S+ \(2 of 2\)/);
      });
    damage();
  }

  live('./ecp verify reads and writes, and the plan is empty', async () => {
    await bed.whole(WHOLE_SEC);
    await ecpOk(cluster, ['verify']);
    const plan = await terraform(cluster, ['plan', '-detailed-exitcode', '-no-color', '-input=false']);
    expect({ code: plan.code, says: plan.stdout.slice(-600) }).toMatchObject({ code: 0 });
  });

  takenOff();
}

/** The primary goes on, and the command asks again. */
function slowBackup(): void {
  live('./ecp switch-over with a backup that is slow for seconds fails no write', async () => {
    const primary = await bed.whole(WHOLE_SEC);
    const backup = bed.container(bed.other(primary));
    const phase = await bed.during(async () => {
      const slow = stopInside(backup, 'mupip', 'replicate -updateproc', () => sleep(3.5));
      await Promise.all([slow, ecpOk(cluster, ['switch-over'])]);
    }, AGAIN_SEC);
    const longest = await requireUnfailing(phase, 1);
    expect(await bed.whole(WHOLE_SEC)).toBe(bed.other(primary));
    figures.add('./ecp switch-over, slow backup', 'no write fails', `longest pause ${longest.toFixed(1)} s`);
  });
}

/** A change of the whole cluster that no writer notices but by a pause. */
function unfailing(name: string, handovers: number, change: () => Promise<unknown>): void {
  live(`${name} fails no write`, async () => {
    await bed.whole(WHOLE_SEC);
    const phase = await bed.during(change, AGAIN_SEC);
    const longest = await requireUnfailing(phase, handovers);
    figures.add(name, 'no write fails', `longest pause ${longest.toFixed(1)} s`);
  });
}

function damage(): void {
  live('a backup with a flipped byte says so, and is seeded anew by one command', async () => {
    const primary = await bed.whole(WHOLE_SEC);
    const backup = bed.other(primary);
    const word = `word${Date.now()}`;
    await ecpOk(cluster, ['exec', 'app-server-1', 'set', '^demo.damaged'], word);
    await ecpOk(cluster, ['exec', 'app-server-1', 'sync']);
    const image = await docker(['inspect', '--format', '{{.Image}}', bed.container(backup)]);
    await docker(['stop', '--time', '30', bed.container(backup)]);
    const volumes = ['--volumes-from', bed.container(backup), '--network', 'none', '--entrypoint', 'bash'];
    const script = `cd /durable; cd "$(dirname "$(find . -name GTM.DAT)")"; ${flip('GTM.DAT', word)}`;
    await docker(['run', '--rm', ...volumes, image, '-euc', script]);
    await docker(['start', bed.container(backup)]);
    const refusal = await eventually('the member says so', 30, async () => {
      const { reason } = await bed.member(backup);
      return reason.includes('is damaged') ? reason : undefined;
    });
    expect(refusal).toContain('ecp-node seed replaces what it has with a copy');
    const phase = await bed.during(
      () => ecpOk(cluster, ['exec', backup, 'seed']),
      AGAIN_SEC,
      async () => {
        expect(await bed.whole(WHOLE_SEC)).toBe(primary);
      },
    );
    await requireIntact(phase, [0]);
    await ecpOk(cluster, ['switch-over', backup]);
    expect((await ecpOk(cluster, ['exec', 'app-server-1', 'get', '^demo.damaged'])).trim()).toBe(word);
  });
}

function takenOff(): void {
  live(
    'a mirror whose second member is the primary is not taken off, and the data of the first stays when it is',
    async () => {
      const value = `kept ${Date.now()}`;
      if ((await bed.whole(WHOLE_SEC)) === MEMBERS[0]) await ecpOk(cluster, ['switch-over']);
      await bed.whole(WHOLE_SEC);
      await ecpOk(cluster, ['exec', 'app-server-1', 'set', '^demo.kept'], value);
      await ecpOk(cluster, ['exec', 'app-server-1', 'sync']);
      const alone = { ...cluster, environment: { ...cluster.environment, ECP_MIRROR: 'false' } };
      const refused = await ecp(alone, ['up', '--yes', '--allow-destroy']);
      expect({ code: refused.code, says: refused.stderr }).toEqual({
        code: 1,
        says: expect.stringContaining("'mirror' must stay as it is until data-server-a is the primary") as string,
      });
      await ecpOk(cluster, ['switch-over', 'data-server-a']);
      await bed.whole(WHOLE_SEC);
      await ecpOk(alone, ['up', '--yes', '--allow-destroy']);
      expect((await ecpOk(alone, ['exec', 'app-server-1', 'get', '^demo.kept'])).trim()).toBe(value);
      // And on again: the first member has the data, and the second one gets it, when what it had before is gone.
      const volume = VOLUMES[1];
      const stale = await ecp(cluster, ['up', '--yes', '--allow-destroy']);
      expect({ code: stale.code, says: stale.stderr }).toEqual({
        code: 1,
        says: expect.stringContaining(`docker volume rm ${volume}`) as string,
      });
      await docker(['volume', 'rm', volume]);
      await ecpOk(cluster, ['up', '--yes', '--allow-destroy']);
      expect(await bed.whole(WHOLE_SEC)).toBe('data-server-a');
      expect((await ecpOk(cluster, ['exec', 'app-server-1', 'get', '^demo.kept'])).trim()).toBe(value);
    },
  );

  live('./ecp down --volumes removes both volumes, and leaves the repository', async () => {
    await ecpOk(cluster, ['down', '--volumes', '--yes']);
    const volumes = await tryDocker(['volume', 'ls', '--quiet', '--filter', `name=${cluster.name}-`]);
    expect(volumes.stdout.trim()).toBe('ecp-mirror-repository');
  });
}
