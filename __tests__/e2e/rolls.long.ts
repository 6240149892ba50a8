/**
 * A change of several servers goes through them one at a time, and one that is cut short leaves a cluster that works. ROLLS_WRITE=1 puts the
 * measured interruptions into docs/change-impact.md.
 */
import { readFacts } from '../../app/machine-facts';
import { REGISTRY_IMAGE } from '../../cli/machine/base-image';
import { run } from '../../cli/process';
import { inWords, Watch } from './changes/interruption';
import { settleRolling } from './changes/table';
import { Command } from './support/command';
import { Oracle } from './support/oracle';
import { Steps } from './support/steps';
import {
  dockerOk,
  ecp,
  ecpOk,
  eventually,
  must,
  printLogs,
  removeCluster,
  terraform,
  testCluster,
  type TestCluster,
} from './support/test-cluster';

jest.setTimeout(240_000);

/** A base on which an image works, but for the application server of one name. */
const BASE = 'ecp-rolls-base:1';
const BROKEN_SERVER = 'app-server-3';

const cluster = testCluster('ecp-rolls', 62, { ECP_START_TIMEOUT_SEC: '40' });
const steps = new Steps();
const { step, stepOnDemand } = steps;
const oracles: Oracle[] = [];

const withSettings = (settings: Readonly<Record<string, string>>): TestCluster => ({
  ...cluster,
  environment: { ...cluster.environment, ...settings },
});
const OTHER_IMAGE = { ECP_REHEARSAL_BASE_IMAGE: BASE };
const container = (server: string): string => `${cluster.name}-${server}`;
const idOf = (server: string): Promise<string> => dockerOk('inspect', '--format', '{{.Id}}', container(server));

beforeAll(async () => {
  const from = readFacts().rehearsalBaseImage ?? REGISTRY_IMAGE;
  const shell = `#!/bin/sh\\n[ "$(cat /etc/hostname)" = ${BROKEN_SERVER} ] && exit 3\\nexec /bin/bash "$@"\\n`;
  const input = `FROM ${from}\nRUN printf '${shell}' >/usr/local/bin/bash && chmod 0755 /usr/local/bin/bash\n`;
  must(await run('docker', ['build', '--quiet', '--tag', BASE, '-'], { input, timeoutSec: 120 }), 'docker build');
  await ecpOk(cluster, ['up', '--yes']);
});

afterAll(async () => {
  if (steps.failed) await printLogs(cluster);
  await Promise.all(oracles.map(oracle => oracle.stop()));
  await removeCluster(cluster);
  await run('docker', ['image', 'rm', '--force', BASE]);
});

/** Clients of both application servers that write until the end of the work; every acknowledged write is there afterwards. */
async function whileWriting<T>(
  name: string,
  servers: readonly string[],
  work: (oracle: Oracle) => Promise<T>,
): Promise<T> {
  const oracle = new Oracle(cluster.name, name).start(servers);
  oracles.push(oracle);
  await writesAgain(oracle, 0);
  const result = await work(oracle);
  await writesAgain(oracle, Date.now());
  await oracle.stop();
  const listing = await dockerOk('exec', container('data-server'), 'ecp-node', 'zwrite', `^demo.oracle("${name}")`);
  const { lost, wrong } = oracle.check(listing);
  expect({ lost: lost.slice(0, 5), wrong: wrong.slice(0, 5) }).toEqual({ lost: [], wrong: [] });
  return result;
}

async function writesAgain(oracle: Oracle, since: number): Promise<void> {
  await eventually('acknowledged writes', 60, () => Promise.resolve(oracle.writesSince(since) || undefined));
}

/** A change of the image or the like, measured; while one application server rolls, no request of another one's client fails. */
async function measuredRoll(name: string, changed: TestCluster, servers: readonly string[]): Promise<string> {
  return whileWriting(name, ['app-server-1', 'app-server-2'], async oracle => {
    const [first, second] = oracle.writers as [(typeof oracle.writers)[0], (typeof oracle.writers)[0]];
    const roll = new Command(['up', '--yes'], changed);
    await roll.prints(/Rolling change: /);
    const watch = new Watch(oracle);
    const before = second.failures.length;
    await roll.prints(/✓ Roll app-server-1 /);
    expect(second.failures.slice(before)).toEqual([]);
    const rolled = Date.now();
    await eventually('writes of app-server-1', 30, () => Promise.resolve(first.lastGood > rolled || undefined));
    const after = first.failures.length;
    await roll.prints(/✓ Roll app-server-2 /);
    expect(first.failures.slice(after)).toEqual([]);
    const { code, output } = await roll.ended;
    expect(output).toMatch(/Rolling change: \d servers, one at a time[^]*✓ Ask every server/);
    const order = [...output.matchAll(/✓ Roll (\S+) /g)].map(([, server]) => server);
    expect({ code, order }).toEqual({ code: 0, order: servers });
    await writesAgain(oracle, Date.now());
    return inWords(watch.seen());
  });
}

async function expectEmptyPlan(settings: Readonly<Record<string, string>> = {}): Promise<void> {
  const plan = await terraform(withSettings(settings), ['plan', '-detailed-exitcode', '-input=false', '-no-color']);
  expect(`${plan.code} ${plan.code === 0 ? '' : plan.stdout}${plan.stderr}`).toBe('0 ');
}

step('an image rolls through the application servers, then the data server', async () => {
  const seen = await measuredRoll('the image', withSettings(OTHER_IMAGE), [
    'app-server-1',
    'app-server-2',
    'data-server',
  ]);
  expect(await ecpOk(cluster, ['status'])).toMatch(/\nVersion: image [0-9a-f]{12} on all servers\n/);
  await expectEmptyPlan(OTHER_IMAGE);
  settleRolling('the image', seen);
});

// One row more, which CI has no time for.
if (process.env.ROLLS_WRITE)
  step('a config variable of the application servers rolls through them', async () => {
    const changed = withSettings({ ...OTHER_IMAGE, ECP_CONFIG_VARIABLES: '{"DATASERVER_NAME":"database"}' });
    const seen = await measuredRoll('a config variable', changed, ['app-server-1', 'app-server-2']);
    settleRolling('a config variable that only application servers use (`DATASERVER_NAME`)', seen);
    await ecpOk(withSettings(OTHER_IMAGE), ['up', '--yes']);
  });

stepOnDemand('an interrupt ends a roll where it is', async () => {
  const [before, dataServer] = await Promise.all([idOf('app-server-2'), idOf('data-server')]);
  const roll = new Command(['up', '--yes'], cluster);
  await roll.prints(/app-server-1 \(container\) removed/);
  roll.interrupt();
  const { code, output } = await roll.ended;
  expect(output).toMatch(/as before app-server-2, data-server\.\n[^]*\.\/ecp up goes on from here/);
  expect(code).toBe(130);
  expect([await idOf('app-server-2'), await idOf('data-server')]).toEqual([before, dataServer]);
  await ecpOk(cluster, ['exec', 'app-server-2', 'sync']);
});

step('a kill in the middle leaves the others as they are, and the next up goes on', async () => {
  const dataServer = await idOf('data-server');
  const roll = new Command(['up', '--yes'], cluster);
  await roll.prints(/✓ Roll app-server-1 [^]*app-server-2 \(container\) removed/);
  await roll.kill({ children: true, whole: cluster.stateFile });
  expect(await idOf('data-server')).toBe(dataServer);
  await ecpOk(cluster, ['exec', 'app-server-1', 'sync']);
  const { stdout } = await ecp(cluster, ['status']);
  expect(stdout).toContain('servers run different versions: image ');
  // One server more, and one less, are left to the end of the roll.
  const goesOn = withSettings({ ECP_APP_SERVERS: `app-server-1,${BROKEN_SERVER}` });
  const output = await ecpOk(goesOn, ['up', '--yes', '--allow-destroy']);
  expect(output).toMatch(/✓ Ask every server/);
  expect((await ecpOk(cluster, ['status'])).match(/ Normal /g)).toHaveLength(3);
});

step('the first server that is not Normal is the last, and going back heals it', async () => {
  const servers = { ECP_APP_SERVERS: `app-server-1,${BROKEN_SERVER}` };
  const dataServer = await idOf('data-server');
  await whileWriting('a broken image', ['app-server-1'], async oracle => {
    const { code, stdout, stderr } = await ecp(withSettings({ ...servers, ...OTHER_IMAGE }), ['up', '--yes']);
    expect(stdout).toMatch(/✓ Roll app-server-1 [^]*✗ Roll app-server-3 /);
    expect(stderr).toMatch(
      /The roll has stopped: changed app-server-1; ended in app-server-3; as before data-server\.\n( {2}image [0-9a-f]{12}: .*\n){2}/,
    );
    expect(code).toBe(1);
    expect(await idOf('data-server')).toBe(dataServer);
    await writesAgain(oracle, Date.now());
  });
  const back = await ecpOk(withSettings(servers), ['up', '--yes']);
  expect(back).toMatch(/1\. app-server-3 +is not Normal: interrupts nobody\n +2\. app-server-1 /);
  await expectEmptyPlan(servers);
});
