// ecp-test: calm
/**
 * A live mirror under faults, with writers on four application servers and on both members. After each fault every acknowledged write (one
 * that a returned `sync` followed) is on the primary, and the members' own clients were acknowledged by one member after the other.
 */
import { docker, partition, pause, tryDocker } from './support/faults';
import { Figures, spread } from './support/figures';
import { MirrorBed, longestGap, type Phase } from './support/mirror-bed';
import { repetitions } from './support/repetitions';
import { ecp, ecpOk, printLogs, removeCluster, terraform, testCluster } from './support/test-cluster';

const REPEAT = repetitions(1);
const AGAIN_SEC = 10;
const WHOLE_SEC = 60;

jest.setTimeout(180_000 + 90_000 * REPEAT);

const cluster = testCluster('ecp-mirror', 48, { ECP_MIRROR: 'true', ECP_APP_SERVERS: '4' });
const appServers = [1, 2, 3, 4].map(number => `app-server-${number}`);
const bed = new MirrorBed(cluster, ['data-server-a', 'data-server-b'], appServers);
const figures = new Figures();
let failed = false;

beforeAll(async () => {
  await ecpOk(cluster, ['up', '--yes']);
  await bed.whole(WHOLE_SEC);
});

afterEach(async () => {
  if (!failed) return;
  await printLogs(cluster);
  failed = false;
});

afterAll(async () => {
  await removeCluster(cluster);
  await tryDocker(['volume', 'rm', '--force', `${cluster.name}-${bed.members[1]}.data`]);
});

/** A test that shows the logs of all servers when it fails. */
function live(name: string, run: () => Promise<void>): void {
  test(name, async () => {
    failed = true;
    await run();
    failed = false;
  });
}

/** All that was acknowledged is there, and the member that acknowledges changed so often. */
async function requireIntact(phase: Phase, handovers: number): Promise<number> {
  const { acknowledged, lost, wrong } = await bed.findings(phase, await bed.whole(WHOLE_SEC));
  expect({ lost: lost.slice(0, 5), wrong: wrong.slice(0, 5) }).toEqual({ lost: [], wrong: [] });
  expect(acknowledged).toBeGreaterThan(20);
  expect(bed.handovers(phase)).toBe(handovers);
  return acknowledged;
}

/** What happens to the primary's container, and how it comes back while writers are at work. */
const FAULTS: readonly {
  readonly what: string;
  readonly around: (container: string, during: () => Promise<void>) => Promise<void>;
}[] = [
  {
    what: 'the primary is killed',
    around: async (container, during) => {
      await docker(['kill', container]);
      await during();
      await docker(['start', container]);
    },
  },
  { what: 'the primary is paused', around: pause },
  {
    what: 'the primary is cut off from everybody',
    around: (container, during) => partition(cluster.name, container, during),
  },
];

for (const { what, around } of FAULTS)
  live(what, async () => {
    const times: number[] = [];
    let acknowledged = 0;
    for (let round = 0; round < REPEAT; round++) {
      const before = await bed.whole(WHOLE_SEC);
      let comesBack: Promise<void> = Promise.resolve();
      let comeBack = (): void => undefined;
      const isFollowed = new Promise<void>(resolve => (comeBack = resolve));
      const phase = await bed
        .during(
          () =>
            new Promise<void>((resolve, reject) => {
              comesBack = around(bed.container(before), () => {
                resolve();
                return isFollowed;
              });
              comesBack.catch(reject);
            }),
          AGAIN_SEC,
          async () => {
            comeBack();
            await comesBack;
            expect(await bed.whole(WHOLE_SEC)).toBe(bed.other(before));
          },
        )
        .finally(comeBack);
      times.push(phase.firstAck);
      acknowledged += await requireIntact(phase, 1);
    }
    figures.add(what, '0 lost, written again within 10 s', `${spread(times)}; ${acknowledged} acknowledged, 0 lost`);
  });

live('./ecp switch-over fails no write', async () => {
  const gaps: number[] = [];
  for (let round = 0; round < REPEAT; round++) {
    const before = await bed.whole(WHOLE_SEC);
    const phase = await bed.during(async () => {
      const { to } = JSON.parse(await ecpOk(cluster, ['switch-over', '--json'])) as { to: string };
      expect(to).toBe(bed.other(before));
    }, AGAIN_SEC);
    const clients = bed.clients(phase.oracle);
    expect(clients.flatMap(({ failures }) => failures)).toEqual([]);
    gaps.push(longestGap(clients));
    await requireIntact(phase, 1);
  }
  figures.add('./ecp switch-over', 'no write fails', `longest pause ${spread(gaps)}`);
});

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
  await requireIntact(phase, 0);
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
  await requireIntact(phase, 0);
});

/** What the primary says of failover, once it has noticed. */
async function byHand(primary: string): Promise<string | undefined> {
  for (let look = 0; look < 30; look++) {
    const { mirror } = await bed.member(primary);
    if (mirror.failover === 'by hand') return mirror.failover;
    await new Promise(resolve => setTimeout(resolve, 300));
  }
  return (await bed.member(primary)).mirror.failover;
}

live('./ecp verify reads and writes, and the plan is empty', async () => {
  await bed.whole(WHOLE_SEC);
  await ecpOk(cluster, ['verify']);
  const plan = await terraform(cluster, ['plan', '-detailed-exitcode', '-no-color', '-input=false']);
  expect({ code: plan.code, says: plan.stdout.slice(-600) }).toMatchObject({ code: 0 });
});

live(
  'a mirror whose second member is the primary is not taken off, and the data of the first stays when it is',
  async () => {
    const value = `kept ${Date.now()}`;
    if ((await bed.whole(WHOLE_SEC)) === bed.members[0]) await ecpOk(cluster, ['switch-over']);
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
    const volume = `${cluster.name}-${bed.members[1]}.data`;
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

live('./ecp down --volumes removes both volumes', async () => {
  await ecpOk(cluster, ['down', '--volumes', '--yes']);
  const volumes = await tryDocker(['volume', 'ls', '--quiet', '--filter', `name=${cluster.name}-`]);
  expect(volumes.stdout.trim()).toBe('');
});
