/** One address before the application servers: a client that asks 50 times a second while they are changed, scaled, drained and killed. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { haproxyConfig } from '../../constructs/entry-point/haproxy-config';
import { REHEARSAL_ENGINE } from '../../constructs/private/engines';
import { docker } from './support/docker';
import { copyProject } from './support/project-copy';
import { Steps } from './support/steps';
import {
  dockerOk,
  ecp,
  ecpOk,
  eventually,
  killOnHost,
  printLogs,
  removeCluster,
  terraform,
  testCluster,
  type TestCluster,
} from './support/test-cluster';
import { WebClient } from './support/web-client';

jest.setTimeout(180_000);

const SLOT = 70;
const PORT = 21000 + SLOT * 500 + 200;
const made = testCluster('ecp-entry', SLOT, {
  ECP_CLUSTER: '',
  ECP_APP_SERVER_WEB_PORT_BASE: '',
  ECP_ENTRY_POINT_PORT: String(PORT),
  ECP_ENTRY_POINT_COOKIE: 'ECP insert indirect nocache',
});
/** scale writes into cdktf.json. */
let cluster: TestCluster = { ...made, project: copyProject(join(made.folder, 'project'), made.name) };
const container = (name: string): string => `${cluster.name}-${name}`;
const steps = new Steps();
const { step } = steps;
let client: WebClient | undefined;

const startOf = (name: string): Promise<string> =>
  dockerOk('inspect', '--format', '{{.Id}} {{.State.StartedAt}}', container(name));

interface EntryPoint {
  readonly servers: readonly { readonly name: string; readonly state: string }[];
  readonly reason: string;
}

async function entryPoint(): Promise<EntryPoint> {
  const { stdout } = await ecp(cluster, ['status', '--json']);
  return (JSON.parse(stdout) as { readonly entryPoint: EntryPoint }).entryPoint;
}

async function statesOf(): Promise<Record<string, string>> {
  return Object.fromEntries((await entryPoint()).servers.map(({ name, state }) => [name, state]));
}

afterAll(async () => {
  await client?.end();
  if (steps.failed) await printLogs(cluster);
  await dockerOk('rm', '--force', container('passing'));
  await removeCluster(cluster);
});

step('up: the servers have no port of their own, and both answer at one', async () => {
  expect(await ecpOk(cluster, ['up', '--yes'])).toContain(
    `Entry point: http://127.0.0.1:${PORT}/ serves app-server-1, app-server-2\n`,
  );
  expect(await dockerOk('port', container('app-server-1'))).toBe('');
  const plan = await terraform(cluster, ['plan', '-detailed-exitcode', '-input=false', '-no-color']);
  expect(`${plan.code} ${plan.code === 0 ? '' : plan.stdout}${plan.stderr}`).toBe('0 ');
  client = new WebClient(PORT);
  await new Promise(resolve => setTimeout(resolve, 1000));
  const { byServer, failures } = await client.taken();
  expect(failures).toEqual([]);
  expect(Object.keys(byServer).sort()).toEqual(['app-server-1', 'app-server-2']);
});

step('a client with a cookie stays with its server', async () => {
  const ask = (...headers: string[]): Promise<string> =>
    dockerOk(
      'exec',
      container('app-server-1'),
      'bash',
      '-c',
      `exec 3<>/dev/tcp/entry-point/8080 && printf '%s\\r\\n' "$@" '' >&3 && cat <&3`,
      'ask',
      'GET /metrics/ecp HTTP/1.0',
      'Host: entry-point',
      ...headers,
    );
  const [, cookie] = /^set-cookie: (ECP=[a-z0-9-]+)/im.exec(await ask())!;
  for (let n = 0; n < 4; n++)
    expect(await ask(`Cookie: ${cookie}`)).toContain(`ecp_server_normal{server="${cookie!.slice(4)}"`);
});

step('no request fails while every application server restarts', async () => {
  await client!.taken();
  const entry = await startOf('entry-point');
  await ecpOk(cluster, ['restart', 'app-server-1', 'app-server-2']);
  const { byServer, failures } = await client!.taken();
  expect(failures).toEqual([]);
  expect(Object.keys(byServer).sort()).toEqual(['app-server-1', 'app-server-2']);
  expect(await startOf('entry-point')).toBe(entry);
});

step('no request fails while a change rolls through every application server', async () => {
  await client!.taken();
  const entry = await startOf('entry-point');
  const environment = { ...cluster.environment, ECP_CONFIG_VARIABLES: '{"DATASERVER_NAME":"database"}' };
  const changed = { ...cluster, environment };
  expect(await ecpOk(changed, ['up', '--yes'])).toContain('Rolling change: 2 servers, one at a time');
  const { byServer, failures } = await client!.taken();
  expect(failures).toEqual([]);
  expect(Object.keys(byServer).sort()).toEqual(['app-server-1', 'app-server-2']);
  expect(await startOf('entry-point')).toBe(entry);
  cluster = changed;
});

step('no request fails while the cluster is scaled from 2 to 4 to 2, and the entry point goes on', async () => {
  const entry = await startOf('entry-point');
  await ecpOk(cluster, ['scale', '4', '--yes']);
  await eventually('all four serve', 30, async () =>
    Object.values(await statesOf()).join() === 'serving,serving,serving,serving' ? true : undefined,
  );
  await new Promise(resolve => setTimeout(resolve, 500));
  await ecpOk(cluster, ['scale', '2', '--yes']);
  const { byServer, failures } = await client!.taken();
  expect(failures).toEqual([]);
  expect(Object.keys(byServer)).toHaveLength(4);
  expect(await statesOf()).toEqual({ 'app-server-1': 'serving', 'app-server-2': 'serving' });
  expect(await startOf('entry-point')).toBe(entry);
});

step('a drained server gets nothing, and no request fails; the last one is not drained', async () => {
  await ecpOk(cluster, ['drain', 'app-server-1']);
  expect((await client!.taken()).failures).toEqual([]);
  await new Promise(resolve => setTimeout(resolve, 1000));
  const { byServer, failures } = await client!.taken();
  expect({ servers: Object.keys(byServer), failures }).toEqual({ servers: ['app-server-2'], failures: [] });
  expect(await ecpOk(cluster, ['status'])).toContain('! the entry point does not serve app-server-1, which is drained');
  expect((await ecp(cluster, ['drain', 'app-server-2'])).stderr).toContain("'app-server-2' is the only server that");
  await ecpOk(cluster, ['activate', 'app-server-1']);
  expect((await client!.taken()).failures).toEqual([]);
});

step('a server that is killed costs no more than what was on it', async () => {
  await killOnHost(container('app-server-1'));
  await eventually('it serves again', 60, async () =>
    (await statesOf())['app-server-1'] === 'serving' ? true : undefined,
  );
  // Each is answered in a few milliseconds: at 25 a second there was one on it, or none.
  expect((await client!.taken()).failures.slice(1)).toEqual([]);
});

step('servers that are not Normal are not served, though their port answers', async () => {
  await dockerOk('pause', container('data-server'));
  try {
    await eventually('none is served', 30, async () =>
      Object.values(await statesOf()).every(state => state === 'down') ? true : undefined,
    );
  } finally {
    await dockerOk('unpause', container('data-server'));
  }
  await eventually('all serve again', 30, async () =>
    Object.values(await statesOf()).every(state => state === 'serving') ? true : undefined,
  );
});

step('lines that HAProxy does not take are refused with its words, and the entry point goes on', async () => {
  const entry = await startOf('entry-point');
  const broken = { ...cluster, environment: { ...cluster.environment, ECP_ENTRY_POINT_COOKIE: 'ECP inserted' } };
  const { code, stderr } = await ecp(broken, ['up', '--yes']);
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(/entry point.*: 'cookie' supports 'rewrite'/),
  });
  expect(await startOf('entry-point')).toBe(entry);
  await ecpOk(cluster, ['up', '--yes']);
});

step('one that is gone is missed, and ./ecp up brings it back', async () => {
  await client!.end();
  await dockerOk('rm', '--force', container('entry-point'));
  const { code, stdout } = await ecp(cluster, ['status']);
  expect({ code, stdout }).toEqual({
    code: 1,
    stdout: expect.stringContaining('✗ entry-point: its container is gone'),
  });
  expect(await ecpOk(cluster, ['up', '--yes'])).toContain('serves app-server-1, app-server-2');
  expect(await ecpOk(cluster, ['logs', 'entry-point'])).toContain('ecp-entry: starts with HAProxy 2.6');
});

step('a superserver with TLS is reached through it with its own certificate', async () => {
  // The rehearsal engine has such a port on the data server alone.
  const host = container('data-server');
  const dataServer = { name: 'data-server', host, webHost: host, webPort: 52773, healthPort: 52773 };
  const config = haproxyConfig([dataServer], {
    webHealth: REHEARSAL_ENGINE.webHealth!,
    hasSuperserver: true,
    lines: {},
  });
  const file = join(mkdtempSync(join(tmpdir(), 'ecp-entry-')), 'haproxy.cfg');
  writeFileSync(file, config, { mode: 0o644 });
  const image = await dockerOk('inspect', '--format', '{{.Image}}', container('entry-point'));
  const network = await dockerOk('network', 'ls', '--quiet', '--filter', `label=ecp.cluster=${cluster.name}`);
  await dockerOk('create', '--name', container('passing'), '--network', network, image);
  await dockerOk('cp', file, `${container('passing')}:/ecp/files/haproxy.cfg`);
  await dockerOk('start', container('passing'));
  const pki = '/ecp/files/pki';
  const hello = await eventually('a handshake', 20, async () => {
    const command = [
      ...['exec', container('app-server-1'), 'timeout', '5', 'openssl', 's_client', '-brief', '-alpn', 'ecp'],
      ...['-connect', `${container('passing')}:1972`, '-verify_hostname', 'data-server', '-verify_return_error'],
      ...['-CAfile', `${pki}/ca.pem`, '-cert', `${pki}/cert.pem`, '-key', `${pki}/key.pem`],
    ];
    const { code, stderr } = await docker(command, { mayFail: true });
    // Asked for nothing, GT.CM says nothing; OpenSSL ends with its input.
    return code === 0 ? stderr : undefined;
  });
  expect(hello).toContain('Peer certificate: CN = data-server');
  expect(hello).toContain('Verification: OK');
});
