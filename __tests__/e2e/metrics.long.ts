// ecp-test: needs prometheus
/** The example in examples/metrics, run by a real Prometheus against a cluster whose data server goes away and comes back. */
import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createWebServer } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../cli/process';
import { pauseContainer } from './support/pause';
import { Steps } from './support/steps';
import { PROJECT, dockerOk, ecpOk, eventually, printLogs, removeCluster, testCluster } from './support/test-cluster';

jest.setTimeout(300_000);

const cluster = testCluster('ecp-metrics', 38);
const EXAMPLE = join(PROJECT, 'examples', 'metrics');
const SERVERS = ['app-server-1', 'app-server-2', 'data-server'];

interface Target {
  readonly labels: { readonly job: string; readonly server: string };
  readonly scrapeUrl: string;
  readonly health: string;
  readonly lastError: string;
}
interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: { readonly summary: string; readonly description?: string };
  readonly state: string;
}

const folder = mkdtempSync(join(tmpdir(), 'ecp-prometheus-'));
const steps = new Steps();
let prometheus: ChildProcess | undefined;
let address: string;
let standIn: Server | undefined;

async function ask<T>(path: string): Promise<T> {
  const answer = await fetch(`http://${address}/api/v1/${path}`, { signal: AbortSignal.timeout(5000) });
  return ((await answer.json()) as { data: T }).data;
}
const alerts = async () => (await ask<{ alerts: Alert[] }>('alerts')).alerts.filter(({ state }) => state === 'firing');
const firing = async (name: string) =>
  (await alerts())
    .filter(({ labels }) => labels.alertname === name)
    .map(({ labels }) => labels.server)
    .sort();

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  return port;
}

/** The example's own files in a folder of their own; nothing differs but its seconds, so that a test takes less than minutes. */
async function copyExample(): Promise<void> {
  for (const file of ['prometheus.yml', 'alerts.yml']) {
    const text = readFileSync(join(EXAMPLE, file), 'utf8');
    writeFileSync(join(folder, file), text.replace(/: \d+s$/gm, ': 1s'));
  }
  const targets = await run(join(EXAMPLE, 'targets.sh'), [cluster.name], { timeoutSec: 30 });
  writeFileSync(join(folder, 'targets.yml'), targets.stdout);
}

beforeAll(async () => {
  await ecpOk(cluster, ['up', '--yes']);
  await copyExample();
  address = `127.0.0.1:${await freePort()}`;
  mkdirSync(join(folder, 'data'));
  const args = [
    '--config.file=prometheus.yml',
    '--storage.tsdb.path=data',
    `--web.listen-address=${address}`,
    '--log.level=warn',
  ];
  prometheus = spawn('prometheus', args, { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] });
  await eventually('Prometheus answers', 60, () => ask('targets').catch(() => undefined));
});
afterAll(async () => {
  if (steps.failed) await printLogs(cluster);
  prometheus?.kill();
  standIn?.close();
  await removeCluster(cluster);
  rmSync(folder, { recursive: true, force: true });
});

const { step } = steps;

step('promtool takes configuration and rules as they stand in the example', async () => {
  for (const args of [
    ['check', 'config', 'prometheus.yml'],
    ['check', 'rules', 'alerts.yml'],
  ]) {
    const { code, stdout, stderr } = await run('promtool', args, { cwd: EXAMPLE, timeoutSec: 30 });
    expect({ code, words: stdout + stderr }).toEqual({ code: 0, words: expect.stringMatching(/SUCCESS/) as string });
  }
});

step('promtool’s tests of the rules pass', async () => {
  const { code, stdout, stderr } = await run('promtool', ['test', 'rules', 'rules.test.yml'], {
    cwd: EXAMPLE,
    timeoutSec: 60,
  });
  expect({ code, words: stdout + stderr }).toEqual({ code: 0, words: expect.stringMatching(/SUCCESS/) as string });
});

step('each web port answers in the format that Prometheus asks for', async () => {
  for (const port of [cluster.dataServerWebPort, cluster.appServerWebPortBase + 1]) {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics/ecp`)).text();
    const checked = await run('promtool', ['check', 'metrics'], { input: text, timeoutSec: 30 });
    expect({ ...checked, text }).toEqual({ code: 0, stdout: '', stderr: '', text });
    expect(text).toMatch(/^ecp_server_normal\{server="[a-z0-9-]+",role="(data|app)-server"\} 1$/m);
  }
});

step('all targets are up, every server is Normal, nothing fires', async () => {
  const targets = await eventually('every target was scraped', 60, async () => {
    const { activeTargets } = await ask<{ activeTargets: Target[] }>('targets?state=active');
    const scraped = activeTargets.filter(({ health }) => health !== 'unknown');
    return scraped.length === 2 * SERVERS.length ? activeTargets : undefined;
  });
  const seen = targets.map(({ labels, health, lastError }) => `${labels.job} ${labels.server} ${health} ${lastError}`);
  expect(seen.sort()).toEqual(['ecp', 'ecp-haproxy'].flatMap(job => SERVERS.map(server => `${job} ${server} up `)));
  const { result } = await ask<{ result: { metric: { server: string }; value: [number, string] }[] }>(
    'query?query=ecp_server_normal',
  );
  expect(result.map(({ metric, value }) => `${metric.server} ${value[1]}`).sort()).toEqual(
    SERVERS.map(name => `${name} 1`),
  );
  expect(await alerts()).toEqual([]);
});

step('a paused data server: the alert fires for it and for the servers that it leaves in Trouble', async () => {
  // On a busy machine runc sometimes gives up with "unable to freeze".
  await pauseContainer(`${cluster.name}-data-server`);
  await eventually('the alert fires for all three', 60, async () =>
    (await firing('EcpServerNotNormal')).length === 3 ? true : undefined,
  );
  const told = await alerts();
  expect(told.map(({ annotations }) => annotations.summary).sort()).toEqual(
    SERVERS.map(name => `${name} of cluster ${cluster.name} is not Normal`),
  );
  expect(told.find(({ labels }) => labels.server === 'app-server-1')!.annotations.description).toMatch(
    /^Its state is Trouble\. Look with: /,
  );
  expect(told.find(({ labels }) => labels.server === 'data-server')!.annotations.description).toMatch(
    /^It does not answer at 127\.0\.0\.1:/,
  );
});

step('its end resolves all of them', async () => {
  await dockerOk('unpause', `${cluster.name}-data-server`);
  // Who gave up during the pause was not refused.
  await eventually('nothing fires', 60, async () => ((await alerts()).length === 0 ? true : undefined));
});

step('a stopped application server: the alert fires for it alone, and names it', async () => {
  await dockerOk('stop', `${cluster.name}-app-server-2`);
  await eventually('the alert fires', 60, async () =>
    (await firing('EcpServerNotNormal')).length > 0 ? true : undefined,
  );
  expect(await firing('EcpServerNotNormal')).toEqual(['app-server-2']);
  // The list of targets holds it although it does not run.
  await copyExample();
  expect(readFileSync(join(folder, 'targets.yml'), 'utf8')).toContain('server: "app-server-2"');
});

step('InterSystems IRIS: its own path is scraped and its own metric counts (a stand-in answers)', async () => {
  standIn = createWebServer((request, response) => {
    response.statusCode = request.url === '/api/monitor/metrics' ? 200 : 404;
    response.end('iris_ecp_conn 0\n');
  }).listen(0, '127.0.0.1');
  await new Promise(resolve => standIn!.once('listening', resolve));
  const { port } = standIn.address() as AddressInfo;
  appendFileSync(
    join(folder, 'targets.yml'),
    `- {targets: ["127.0.0.1:${port}"], labels: {cluster: "iris", server: "app-server-7", role: "web-gateway", engine: ""}}\n`,
  );
  await eventually('the alert fires', 60, async () =>
    (await firing('EcpApplicationServerNotConnected')).length > 0 ? true : undefined,
  );
  expect(await firing('EcpApplicationServerNotConnected')).toEqual(['app-server-7']);
});
