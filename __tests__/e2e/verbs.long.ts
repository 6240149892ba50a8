/** Verbs of the second day: logs, restart, scale and report on one cluster. */
import { join } from 'node:path';
import { Command } from './support/command';
import { copyProject, readCdktfJson } from './support/project-copy';
import { docker } from './support/docker';
import { Steps } from './support/steps';
import { dockerOk, ecp, ecpOk, printLogs, removeCluster, terraform, testCluster } from './support/test-cluster';

jest.setTimeout(120_000);

const made = testCluster('ecp-verbs', 82, { ECP_START_TIMEOUT_SEC: '20', ECP_CLUSTER: '' });
/** scale writes into cdktf.json. */
const cluster = { ...made, project: copyProject(join(made.folder, 'project'), made.name) };
const steps = new Steps();
const { step } = steps;
const container = (server: string) => `${cluster.name}-${server}`;

interface Line {
  readonly server: string;
  readonly time: string;
  readonly text: string;
}

const linesOf = async (...words: string[]): Promise<Line[]> =>
  (await ecpOk(cluster, ['logs', '--json', ...words]))
    .split('\n')
    .filter(Boolean)
    .map(text => JSON.parse(text) as Line);

const startedAt = (server: string) =>
  dockerOk('inspect', '--format', '{{.Id}} {{.State.StartedAt}}', container(server));

/** Code 0: nothing to change. */
async function expectEmptyPlan(): Promise<void> {
  const plan = await terraform(cluster, ['plan', '-detailed-exitcode', '-input=false', '-no-color']);
  expect(`${plan.code} ${plan.code === 0 ? '' : plan.stdout}${plan.stderr}`).toBe('0 ');
}

afterAll(async () => {
  if (steps.failed) await printLogs(cluster);
  await removeCluster(cluster);
});

step('up', async () => {
  await ecpOk(cluster, ['up', '--yes']);
});

describe('logs', () => {
  step('of all servers are in one stream, in the order of time, and end with the reader', async () => {
    const lines = await linesOf();
    expect(new Set(lines.map(({ server }) => server))).toEqual(
      new Set(['data-server', 'app-server-1', 'app-server-2']),
    );
    const times = lines.map(({ time }) => time);
    expect(times).toEqual([...times].sort());
    // What docker logs has of one server, in its order.
    const said = await docker(['logs', container('app-server-1')]);
    expect(lines.filter(({ server }) => server === 'app-server-1').map(({ text }) => text)).toEqual(
      `${said.stdout}${said.stderr}`.split('\n').filter(Boolean),
    );
    expect(await linesOf('data-server', '--tail', '1')).toHaveLength(1);
    expect(await linesOf('--since', '0s')).toEqual([]);
  });

  step('follow a server through its restart, and end with Ctrl-C', async () => {
    const following = new Command(['logs', '-f', '--tail', '1'], cluster);
    try {
      await following.prints(/app-server-1 \| .*Normal/);
      await dockerOk('restart', container('app-server-1'));
      await following.prints(/app-server-1 \| .*starts as app-server on/, 30);
      await following.prints(/starts as app-server on app-server-1[^]*app-server-1 \| .*Normal/, 30);
    } finally {
      following.interrupt();
    }
    const { code, output } = await following.ended;
    expect(code).toBe(0);
    const own = output.split('\n').filter(line => line.startsWith('app-server-1'));
    expect(own.filter(line => line.includes('starts as'))).toHaveLength(1);
  });
});

describe('restart', () => {
  step('starts servers again where they are, and a plan is empty', async () => {
    const before = await startedAt('app-server-2');
    const stdout = await ecpOk(cluster, ['restart', 'data-server', 'app-server-1']);
    expect(stdout).toMatch(/✓ Restart data-server .*\n✓ Restart app-server-1 .*\n2 servers have restarted/);
    expect(await startedAt('app-server-2')).toBe(before);
    await ecpOk(cluster, ['status']);
    await expectEmptyPlan();
  });

  step('ends at the first server that does not become Normal', async () => {
    const before = await startedAt('app-server-2');
    await dockerOk('stop', container('data-server'));
    const { code, stdout, stderr } = await ecp(cluster, ['restart', 'app-server-1', 'app-server-2']);
    expect(stderr).toMatch(/app-server-1, step: become Normal[^]*Not restarted: app-server-2\.\n$/);
    expect({ code, stdout: stdout.split(' (')[0] }).toEqual({ code: 1, stdout: '✗ Restart app-server-1' });
    expect(await startedAt('app-server-2')).toBe(before);
    await ecpOk(cluster, ['restart', 'data-server']);
  });
});

describe('scale', () => {
  step('adds a server for good, and asks before one is destroyed', async () => {
    expect(await ecpOk(cluster, ['scale', '3'])).toContain('will be added: app-server-3\n');
    expect(readCdktfJson(cluster.project).context.appServers).toBe(3);
    await ecpOk(cluster, ['up', '--yes']);
    expect((await ecpOk(cluster, ['status'])).match(/ Normal /g)).toHaveLength(4);
    const refused = await ecp(cluster, ['scale', '1']);
    expect(refused).toMatchObject({
      code: 1,
      stdout: 'will be destroyed: app-server-2, app-server-3\n',
      stderr: 'error: app-server-2, app-server-3 would be destroyed, and there is no terminal to ask on; add --yes\n',
    });
    expect(readCdktfJson(cluster.project).context.appServers).toBe(3);
    await ecpOk(cluster, ['scale', '2', '--yes']);
    expect(readCdktfJson(cluster.project).context.appServers).toBe(2);
    expect((await ecpOk(cluster, ['status'])).match(/ Normal /g)).toHaveLength(3);
    await expectEmptyPlan();
  });
});
