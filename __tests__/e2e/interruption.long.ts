import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { terraformEnvironment } from '../../cli/machine/terraform';
import { run } from '../../cli/process';
import { upCutShort, type Cut } from './support/cut-short';
import { codeBelow } from './support/documents';
import { IS_ON_DEMAND } from './support/repetitions';
import {
  PROJECT,
  dockerOk,
  ecpOk,
  must,
  printLogs,
  removeCluster,
  terraform,
  testCluster,
  type TestCluster,
} from './support/test-cluster';

jest.setTimeout(1_200_000);

/** Settings between which the applies go back and forth: every file is delivered, the data server replaced, a server added or removed. */
const SETTINGS = [
  { ECP_APP_SERVERS: 'app-server-1', ECP_MAX_APP_SERVERS: '16', ECP_LEAF_VALIDITY_HOURS: '2160' },
  {
    ECP_APP_SERVERS: 'app-server-1,batch',
    ECP_MAX_APP_SERVERS: '17',
    ECP_CONFIG_VARIABLES: '{"CLIENT_SYSTEMS":"batch"}',
    ECP_LEAF_VALIDITY_HOURS: '2100',
  },
] as const;

type Moment = readonly [afterLines: number, pauseMs: number];

/** Lines of output after which an apply is cut, and a pause. From nothing it prints about 12, a change about 10. */
const FROM_NOTHING: readonly Moment[] = [
  [2, 700],
  [4, 100],
  [7, 200],
  [10, 300],
];
const OF_A_CHANGE: readonly Moment[] = [
  [1, 50],
  [2, 2600],
  [3, 100],
  [4, 300],
  [6, 200],
  [8, 600],
];

/** CI has time for every fourth moment. */
const chosen = (moments: readonly Moment[]): readonly Moment[] =>
  IS_ON_DEMAND ? moments : moments.filter((_, index) => index % 4 === 1);

/** One cluster whose applies are cut short at several moments, each followed by one that is not. */
class Story {
  readonly cluster;
  private round = 0;
  private deployed = false;

  constructor(
    name: string,
    slot: number,
    private readonly by: 'SIGINT' | 'SIGKILL',
  ) {
    this.cluster = testCluster(name, slot);
  }

  /** From nothing: no state, no container, no network. The data and the image stay. */
  async clear(): Promise<void> {
    const label = `label=ecp.cluster=${this.cluster.name}`;
    const containers = await dockerOk('ps', '--all', '--quiet', '--filter', label);
    if (containers) await dockerOk('rm', '--force', ...containers.split('\n'));
    const networks = await dockerOk('network', 'ls', '--quiet', '--filter', label);
    if (networks) await dockerOk('network', 'rm', ...networks.split('\n'));
    for (const ending of ['', '.backup']) rmSync(`${this.cluster.stateFile}${ending}`, { force: true });
  }

  /** @param goOn how the next apply is made */
  async cutAndGoOn(
    [afterLines, pauseMs]: Moment,
    by: Cut['by'],
    goOn: (cluster: TestCluster) => Promise<unknown> = cluster => ecpOk(cluster, ['up', '--yes', '--allow-destroy']),
  ): Promise<boolean> {
    const changed = { ...this.cluster, environment: { ...this.cluster.environment, ...SETTINGS[this.round++ % 2] } };
    const cut = await upCutShort(changed, { afterLines, pauseMs, by });
    if (cut.wasCut && by !== 'SIGKILL') {
      // A shell shows 130 for a process that SIGINT ended, too.
      expect(cut.code ?? (cut.signal === 'SIGINT' ? 130 : cut.signal)).toBe(130);
      if (cut.code === 130) expect(cut.output).toContain('./ecp up goes on from there');
      expect(cut.leftovers).toEqual([]);
    }
    await goOn(changed);
    const plan = await terraform(changed, ['plan', '-detailed-exitcode', '-no-color', '-input=false']);
    expect({ code: plan.code, says: plan.stdout.slice(-800) }).toMatchObject({ code: 0 });
    if (!this.deployed) await ecpOk(changed, ['exec', 'app-server-1', 'set', '^demo.cut'], 'kept');
    if (!this.deployed) await ecpOk(changed, ['exec', 'app-server-1', 'sync']);
    this.deployed = true;
    expect(await ecpOk(changed, ['exec', 'app-server-1', 'get', '^demo.cut'])).toBe('kept\n');
    return cut.wasCut;
  }

  async tell(): Promise<void> {
    let cuts = 0;
    const fromNothing = chosen(FROM_NOTHING);
    for (const [index, moment] of fromNothing.entries()) {
      await this.clear();
      // Once the way of those who use plain cdktf.
      const byHand = this.by === 'SIGKILL' && index === fromNothing.length - 1;
      cuts += Number(await this.cutAndGoOn(moment, this.by, byHand ? asDocumented : undefined));
    }
    const ofAChange = chosen(OF_A_CHANGE);
    for (const [index, moment] of ofAChange.entries()) {
      const twice = this.by === 'SIGINT' && index === ofAChange.length - 1;
      cuts += Number(await this.cutAndGoOn(moment, twice ? 'SIGINT twice' : this.by));
    }
    expect(cuts).toBe(fromNothing.length + ofAChange.length);
  }
}

/** Runs the commands of docs/deploy.md, for this cluster's names and folders. */
async function asDocumented(cluster: TestCluster): Promise<void> {
  const commands = codeBelow('docs/deploy.md', 'sh', 'After a killed apply')
    .replaceAll('ecp.cluster=ecp ', `ecp.cluster=${cluster.name} `)
    .replace('cd cdktf.out/stacks/ecp-rehearsal', `cd '${cluster.stackDirectory}'`)
    .replace(
      'npx cdktf deploy',
      `npx --no-install cdktf deploy --auto-approve --output '${join(cluster.folder, 'out')}'`,
    );
  expect(commands.split(cluster.name).length).toBeGreaterThan(4);
  const env = { ...cluster.environment, ...terraformEnvironment() };
  const options = { cwd: PROJECT, env, timeoutSec: 280 };
  must(await run('bash', ['-uc', commands], options), commands);
}

const gentle = new Story('ecp-cut-int', 26, 'SIGINT');
const hard = new Story('ecp-cut-kill', 27, 'SIGKILL');

describe('an apply that is cut short', () => {
  let failed = false;
  const told: Promise<void>[] = [];

  beforeAll(() => {
    // Beside each other: both mostly wait for Docker.
    told.push(gentle.tell(), hard.tell());
    for (const each of told) each.catch(() => (failed = true));
  });

  afterAll(async () => {
    await Promise.allSettled(told);
    for (const { cluster } of [gentle, hard]) {
      if (failed) await printLogs(cluster);
      await removeCluster(cluster);
    }
  });

  test('by Ctrl-C at several moments: exit code 130, nothing lives on, and the next apply converges with all data', async () => {
    await told[0];
  });

  test('by SIGKILL at several moments: the next ./ecp up converges with all data', async () => {
    await told[1];
  });
});
