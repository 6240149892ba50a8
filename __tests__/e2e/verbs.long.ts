/** Verbs of the second day: logs, restart, scale and report on one cluster. */
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from './support/command';
import { copyProject, readCdktfJson } from './support/project-copy';
import { run } from '../../cli/process';
import { docker } from './support/docker';
import { StateSecrets } from './support/state-secrets';
import { Steps } from './support/steps';
import { dockerOk, ecp, ecpOk, printLogs, removeCluster, terraform, testCluster } from './support/test-cluster';

jest.setTimeout(120_000);

/** Each is put where a report could take it from. */
const PLANTED = {
  variable: 'planted-in-a-config-variable',
  label: 'planted-in-a-setting',
  environment: 'planted-in-the-environment',
  log: 'planted-in-a-log',
};
const made = testCluster('ecp-verbs', 82, {
  ECP_CLUSTER: '',
  ECP_START_TIMEOUT_SEC: '20',
  ECP_CONFIG_VARIABLES: JSON.stringify({ KEY_PASSWORD: PLANTED.variable }),
  ECP_LABELS: JSON.stringify({ 'example.token': PLANTED.label }),
  EXAMPLE_API_TOKEN: PLANTED.environment,
});
/** scale writes into cdktf.json. */
const cluster = { ...made, project: copyProject(join(made.folder, 'project'), made.name) };
const appServerDocument = join(cluster.project, 'config-files', 'app-server.json');
writeFileSync(
  appServerDocument,
  readFileSync(appServerDocument, 'utf8').replace(
    '"Type": "0",',
    '"Type": "0", "PrivateKeyPassword": "${KEY_PASSWORD}",',
  ),
);
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

interface Status {
  readonly servers: readonly { readonly name: string; readonly state: string }[];
}

async function statesOf(): Promise<Record<string, string>> {
  const { servers } = JSON.parse((await ecp(cluster, ['status', '--json'])).stdout) as Status;
  return Object.fromEntries(servers.map(({ name, state }) => [name, state]));
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

describe('fence', () => {
  const FENCED = { 'data-server': 'Normal', 'app-server-1': 'Normal', 'app-server-2': 'Fenced' };
  const get = (server: string) => ecp(cluster, ['exec', server, 'get', '^demo.fence']);

  step('turns an application server away, and no other', async () => {
    await ecpOk(cluster, ['exec', 'app-server-1', 'set', '^demo.fence'], 'kept');
    const session = new Command(['exec', 'app-server-2', 'session'], cluster);
    expect(await ecpOk(cluster, ['fence', 'app-server-2'])).toContain(
      'app-server-2 is fenced: the data server refuses CN=app-server-2; ./ecp unfence app-server-2 lets it in again\n',
    );
    session.interrupt();
    await session.ended;
    expect(await statesOf()).toEqual(FENCED);
    const { code, stdout } = await ecp(cluster, ['status']);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining('! app-server-2 is fenced: the data server refuses it') as string,
    });
    expect(await get('app-server-2')).toMatchObject({ code: 3, stderr: expect.stringContaining('Fenced') as string });
    expect((await get('app-server-1')).stdout).toBe('kept\n');
    expect(await ecp(cluster, ['fence', 'data-server'])).toMatchObject({ code: 2 });
  });

  step('outlives a restart of the data server, new certificates, another container and ./ecp up', async () => {
    await ecpOk(cluster, ['restart', 'data-server']);
    expect(await statesOf()).toEqual(FENCED);
    await ecpOk(cluster, ['rotate', '--yes', 'data-server', 'app-server-2']);
    await dockerOk('rm', '--force', container('app-server-2'));
    expect(await ecpOk(cluster, ['up', '--yes'])).toContain('app-server-2 is fenced');
    expect(await statesOf()).toEqual(FENCED);
    await expectEmptyPlan();
  });

  step('ends on request', async () => {
    await ecpOk(cluster, ['unfence', 'app-server-2']);
    expect(await statesOf()).toEqual({ ...FENCED, 'app-server-2': 'Normal' });
    expect((await get('app-server-2')).stdout).toBe('kept\n');
    expect((await ecpOk(cluster, ['status'])).includes('fenced')).toBe(false);
  });
});

describe('scale', () => {
  step('adds a server for good, and asks before one is destroyed', async () => {
    expect(await ecpOk(cluster, ['scale', '3'])).toContain('will be added: app-server-3\n');
    expect(readCdktfJson(cluster.project).context.appServers).toBe(3);
    expect((await ecpOk(cluster, ['status'])).match(/ Normal /g)).toHaveLength(4);
    const asks = { ...cluster, environment: { ...cluster.environment, CI: '' } };
    const refused = await ecp(asks, ['scale', '1']);
    expect(refused).toMatchObject({
      code: 1,
      stdout: 'will be destroyed: app-server-2, app-server-3\n',
      stderr: 'error: app-server-2, app-server-3 would be destroyed, and there is no terminal to ask on; add --yes\n',
    });
    const labels = { 'ecp.cluster': cluster.name, 'ecp.role': 'entry-point', 'ecp.server': 'entry-point' };
    const options = Object.entries(labels).flatMap(([label, value]) => ['--label', `${label}=${value}`]);
    const image = await dockerOk('inspect', '--format', '{{.Image}}', container('app-server-1'));
    const other = await dockerOk('create', ...options, image);
    const alsoOther = await ecp(asks, ['scale', '1', '--yes']);
    expect(alsoOther).toMatchObject({
      code: 1,
      stdout: 'will be destroyed: app-server-2, app-server-3, entry-point\n',
      stderr: expect.stringMatching(
        /^error: entry-point would be destroyed, since the settings do not have it/,
      ) as string,
    });
    await dockerOk('rm', other);
    expect(readCdktfJson(cluster.project).context.appServers).toBe(3);
    await ecpOk(cluster, ['scale', '2', '--yes']);
    expect(readCdktfJson(cluster.project).context.appServers).toBe(2);
    expect((await ecpOk(cluster, ['status'])).match(/ Normal /g)).toHaveLength(3);
    await expectEmptyPlan();
  });
});

describe('report', () => {
  step('has what a bug report needs, and no secret, wherever one was', async () => {
    const { privateKeys } = new StateSecrets(cluster.stateFile);
    const say = `printf '%s\\n' "$@" >/proc/1/fd/1`;
    const said = [`password=${PLANTED.log}`, `token is ${PLANTED.environment}`, privateKeys[0]!];
    await dockerOk('exec', container('app-server-1'), 'bash', '-c', say, 'say', ...said);
    const archive = join(cluster.folder, 'report.tar.gz');
    expect(await ecpOk(cluster, ['report', archive])).toContain(`wrote ${archive}: versions, status`);
    expect(statSync(archive).mode & 0o777).toBe(0o600);

    const folder = join(cluster.folder, 'report');
    mkdirSync(folder);
    expect((await run('tar', ['-xzf', archive, '--strip-components=1', '-C', folder])).code).toBe(0);
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(each => each.isFile());
    const names = files.map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1));
    const perServer = ['data-server', 'app-server-1', 'app-server-2'].flatMap(name => [
      `config/${name}.json`,
      `logs/${name}.log`,
    ]);
    const general = ['versions.json', 'engines.json', 'settings.json', 'cdktf.json', 'plan.txt', 'status.json'];
    expect(names.sort()).toEqual([...general, 'status.txt', ...perServer].sort());
    const textOf = (name: string): string => readFileSync(join(folder, name), 'utf8');
    expect(textOf('plan.txt')).toContain('No changes.');
    expect(textOf('status.txt').match(/ Normal /g)).toHaveLength(3);
    expect(textOf('logs/app-server-1.log')).toMatch(/password=\[removed\]\n.* token is \[removed\]\n/);
    expect(textOf('config/app-server-1.json')).toContain('"PrivateKeyPassword": "[removed]"');
    expect(JSON.parse(textOf('versions.json'))).toMatchObject({
      engine: 'rehearsal',
      engineVersion: expect.stringMatching(/^GT\.M V7/),
    });

    const everything = names.map(textOf).join('\n');
    const secrets = [...Object.values(PLANTED), ...privateKeys.flatMap(keyLines)];
    expect(secrets.filter(secret => everything.includes(secret))).toEqual([]);
  });
});

describe('pause', () => {
  step('stops all servers, which is no loss, and resume and up start them', async () => {
    await ecpOk(cluster, ['exec', 'app-server-1', 'set', '^demo.verbs'], 'kept');
    await ecpOk(cluster, ['exec', 'app-server-1', 'sync']);
    const ids = async (): Promise<string> =>
      dockerOk('ps', '--all', '--quiet', '--filter', `label=ecp.cluster=${cluster.name}`);
    const before = await ids();
    await ecpOk(cluster, ['pause']);
    const { code, stdout } = await ecp(cluster, ['status']);
    expect(stdout).toMatch(/\n! the cluster is paused, with its data kept; \.\/ecp resume starts it$/m);
    expect(stdout).not.toContain('✗');
    expect(code).toBe(5);
    const plan = await terraform(cluster, ['plan', '-input=false', '-no-color']);
    expect(plan.stdout).toMatch(/No changes\.|Plan: 0 to add, \d to change, 0 to destroy\./);
    expect(await ecpOk(cluster, ['pause'])).toContain('is paused already');
    await ecpOk(cluster, ['resume']);
    await expectEmptyPlan();
    await ecpOk(cluster, ['pause']);
    expect(await ecpOk(cluster, ['up', '--yes'])).toContain('0 added, 0 changed, 0 destroyed');
    expect(await ids()).toBe(before);
    expect(await ecpOk(cluster, ['exec', 'data-server', 'get', '^demo.verbs'])).toBe('kept\n');
  });
});

/** Lines of a key that no other text has. */
function keyLines(pem: string): string[] {
  return pem.split('\n').filter(line => line.length > 30 && !line.startsWith('-----'));
}
