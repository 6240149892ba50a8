// ecp-test: needs chromium openssl
/** Prometheus and Alertmanager of a cluster: targets that follow the servers, and each alert by a real fault and its end. docs/monitoring.md. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { metricExpressions } from '../metric-expressions';
import { secretFile } from './backup/context';
import { certificateInLastThird } from './support/aged-certificate';
import { startChromium } from './support/browser';
import { pauseContainer } from './support/pause';
import { identityInState } from './support/state-pki';
import { Steps } from './support/steps';
import {
  PROJECT,
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

jest.setTimeout(240_000);

const SLOT = 52;
const PROMETHEUS = 21000 + SLOT * 500 + 200;
const ALERTMANAGER = PROMETHEUS + 1;
const NAME = 'ecp-watched';
const cluster = testCluster(NAME, SLOT, {
  ECP_PROMETHEUS_PORT: String(PROMETHEUS),
  ECP_ALERTMANAGER_PORT: String(ALERTMANAGER),
  ECP_SCRAPE_INTERVAL_SEC: '1',
  ECP_ALERT_FOR_SEC: '1',
  // Long enough for three starts of a server, on a busy machine too.
  ECP_ALERT_WINDOW_SEC: '30',
  ECP_BACKUP_REPOSITORY: `volume:${NAME}-repository`,
  ECP_BACKUP_PASSWORD_FILE: secretFile('monitoring', 'a password for tests\n'),
  // A minute that never comes.
  ECP_BACKUP_SCHEDULE: '0 0 31 2 *',
});
const withServers = (count: number): TestCluster => ({
  ...cluster,
  environment: {
    ...cluster.environment,
    ECP_APP_SERVERS: Array.from({ length: count }, (_, n) => `app-server-${n + 1}`).join(','),
  },
});
const container = (name: string): string => `${NAME}-${name}`;
const steps = new Steps();
const { step } = steps;
let browser: Browser | undefined;

interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly state: string;
}
interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

async function ask<T>(path: string, port = PROMETHEUS): Promise<T> {
  const answer = await fetch(`http://127.0.0.1:${port}/api/${path}`, { signal: AbortSignal.timeout(5000) });
  return (await answer.json()) as T;
}
const query = async (expression: string): Promise<readonly Series[]> =>
  (await ask<{ data: { result: Series[] } }>(`v1/query?query=${encodeURIComponent(expression)}`)).data.result;

/** What fires, as `alert server`, in Prometheus; and what Alertmanager has been told of, which it forgets a moment later. */
async function firing(): Promise<string[]> {
  const { data } = await ask<{ data: { alerts: Alert[] } }>('v1/alerts');
  return named(data.alerts.filter(({ state }) => state === 'firing'));
}
const told = async (): Promise<string[]> => named(await ask<Alert[]>('v2/alerts', ALERTMANAGER));
const named = (alerts: readonly Pick<Alert, 'labels'>[]): string[] =>
  alerts.map(({ labels }) => `${labels.alertname} ${labels.server}`).sort();

async function upTargets(): Promise<string[]> {
  return (await query('up{job="ecp"} == 1')).map(({ metric }) => metric.server!).sort();
}

async function awaitFiring(wanted: readonly string[], timeoutSec = 90): Promise<void> {
  let seen: string[] = [];
  await eventually(
    `${wanted.join(', ')} fire`,
    timeoutSec,
    async () => {
      seen = await firing();
      return wanted.every(each => seen.includes(each)) ? true : undefined;
    },
    () => seen.join(', ') || 'nothing',
  );
}

const startOf = (name: string): Promise<string> =>
  dockerOk('inspect', '--format', '{{.Id}} {{.State.StartedAt}}', container(name));
const startedAt = async (server: string): Promise<string> =>
  (await query(`ecp_server_start_timestamp_seconds{server="${server}"} and up == 1`))[0]?.value[1] ?? '';

/** Puts files beside those of a server, as a delivery does, by hand. */
async function deliverByHand(server: string, certificate: { cert: string; key: string }): Promise<void> {
  const image = await dockerOk('inspect', '--format', '{{.Image}}', container('data-server'));
  const script = `set -Eeuo pipefail; cd /files; cp -a "$(readlink -f current)" .by-hand
    printf '%s\\n' "$1" >.by-hand/pki/cert.pem; printf '%s\\n' "$2" >.by-hand/pki/key.pem
    ln -s .by-hand next; mv -T next current`;
  const mount = `type=volume,source=${container(server)}-files,target=/files`;
  const options = ['--rm', '--user', '0', '--network', 'none', '--mount', mount, '--entrypoint', 'bash'];
  await dockerOk('run', ...options, image, '-c', script, 'by-hand', certificate.cert, certificate.key);
}

beforeAll(async () => {
  // So small that a test can fill it. It is gone with the last container that uses it, so nothing here ends the data server.
  const size = ['--opt', 'type=tmpfs', '--opt', 'device=tmpfs', '--opt', 'o=size=48m,uid=51773,mode=0700'];
  await dockerOk('volume', 'create', '--driver', 'local', ...size, container('data'));
});

afterAll(async () => {
  await browser?.close();
  if (steps.failed) await printLogs(cluster);
  await removeCluster(cluster);
  await dockerOk('volume', 'rm', '--force', `${NAME}-repository`);
});

step('up: both are on 127.0.0.1 alone, and a cluster without any backup has its alerts', async () => {
  expect(await ecpOk(withServers(2), ['up', '--yes'])).toContain(
    `Monitoring: prometheus http://127.0.0.1:${PROMETHEUS}/, alertmanager http://127.0.0.1:${ALERTMANAGER}/\n`,
  );
  expect(await dockerOk('port', container('prometheus'))).toBe(`9090/tcp -> 127.0.0.1:${PROMETHEUS}`);
  expect(await dockerOk('port', container('alertmanager'))).toBe(`9093/tcp -> 127.0.0.1:${ALERTMANAGER}`);
  const plan = await terraform(cluster, ['plan', '-detailed-exitcode', '-input=false', '-no-color']);
  expect(`${plan.code} ${plan.code === 0 ? '' : plan.stdout}${plan.stderr}`).toBe('0 ');
  expect(await ecpOk(cluster, ['logs', 'prometheus', 'alertmanager'])).not.toMatch(/level=error/);
  const none = ['EcpBackupNotVerified data-server', 'EcpBackupOld data-server'];
  await awaitFiring(none);
  expect(await firing()).toEqual(none);
  await eventually('Alertmanager is told', 30, async () => ((await told()).join() === none.join() ? true : undefined));
});

step('each metric of a construct is a series of Prometheus', async () => {
  for (const [metric, expression] of Object.entries(metricExpressions(NAME)))
    await eventually(`${metric}: ${expression}`, 30, async () => ((await query(expression))[0] ? true : undefined));
});

step('a third server is a target at once, and Prometheus goes on', async () => {
  const before = [await startOf('prometheus'), await startOf('alertmanager')];
  await ecpOk(withServers(3), ['up', '--yes']);
  await eventually('four targets are up', 30, async () => ((await upTargets()).length === 4 ? true : undefined));
  expect(await upTargets()).toEqual(['app-server-1', 'app-server-2', 'app-server-3', 'data-server']);
  expect([await startOf('prometheus'), await startOf('alertmanager')]).toEqual(before);
});

step('each fault has its alert', async () => {
  await dockerOk('exec', container('data-server'), 'bash', '-c', fill);
  await deliverByHand('app-server-2', await certificateInLastThird('app-server-2', identityInState(cluster, 'ca-1')));
  await pauseContainer(container('app-server-3'));
  const refused = `timeout 5 openssl s_client -connect ${container('data-server')}:1972 </dev/null >/dev/null 2>&1 || true`;
  await dockerOk('exec', container('app-server-2'), 'bash', '-c', refused);
  await awaitFiring(['EcpClientsRefused data-server', 'EcpServerNotNormal app-server-3']);
  for (let n = 0; n < 3; n++) {
    const before = await startedAt('app-server-1');
    await killOnHost(container('app-server-1'));
    await eventually('app-server-1 has started again', 30, async () =>
      ['', before].includes(await startedAt('app-server-1')) ? undefined : true,
    );
  }
  await awaitFiring(['EcpRestartLoop app-server-1'], 20);
  await awaitFiring(['EcpCertificateNotRenewed app-server-2', 'EcpDataVolumeNearlyFull data-server']);
  expect(await told()).toEqual(
    expect.arrayContaining(['EcpRestartLoop app-server-1', 'EcpServerNotNormal app-server-3']),
  );
  // What is nearly full, or whose certificate is old, works.
  expect((await query('ecp_server_normal{server="data-server"}'))[0]!.value[1]).toBe('1');
});

step('each query of the Grafana dashboard has series', async () => {
  const text = readFileSync(join(PROJECT, 'images', 'monitoring', 'grafana-dashboard.json'), 'utf8');
  const { panels } = JSON.parse(text) as { panels: { title: string; targets: { expr: string }[] }[] };
  const empty: string[] = [];
  for (const { title, targets } of panels)
    for (const { expr } of targets) {
      const found = await query(expr.replaceAll('$cluster', NAME).replaceAll('$__rate_interval', '1m'));
      if (found.length === 0) empty.push(`${title}: ${expr}`);
    }
  expect(empty).toEqual([]);
  expect(panels.length).toBeGreaterThan(10);
});

step('the page of Prometheus has them, and needs nothing from elsewhere', async () => {
  browser = await startChromium();
  const page = await browser.newPage();
  const elsewhere: string[] = [];
  page.on('request', request => {
    if (!request.url().startsWith(`http://127.0.0.1:${PROMETHEUS}/`) && !request.url().startsWith('data:'))
      elsewhere.push(request.url());
  });
  // Debian's Prometheus has the classic pages, and its Alertmanager none.
  await page.goto(`http://127.0.0.1:${PROMETHEUS}/`);
  await page.getByRole('link', { name: 'Alerts' }).click();
  for (const alert of ['EcpDataVolumeNearlyFull', 'EcpServerNotNormal', 'EcpCertificateNotRenewed'])
    await page.getByText(`${alert} (1 active)`).waitFor({ timeout: 30_000 });
  expect(await page.innerText('body')).toMatch(/Firing \([1-9]\d*\)/);
  expect(elsewhere).toEqual([]);
});

step('the end of each fault is the end of its alert', async () => {
  await dockerOk('exec', container('data-server'), 'rm', '/durable/ballast');
  await dockerOk('unpause', container('app-server-3'));
  await dockerOk('rm', '--force', container('alertmanager'));
  const { code, stdout } = await ecp(withServers(3), ['status']);
  expect({ code, stdout }).toEqual({
    code: 1,
    stdout: expect.stringContaining('✗ alertmanager: its container is gone'),
  });
  await ecpOk(cluster, ['backup']);
  await ecpOk(cluster, ['backup', '--verify']);
  // Delivers the certificate of before, brings Alertmanager back, and takes a target away.
  await ecpOk(withServers(2), ['up', '--yes', '--allow-destroy']);
  let seen: string[] = [];
  await eventually(
    'nothing fires',
    90,
    async () => ((seen = await firing()).length === 0 ? true : undefined),
    () => seen.join(', '),
  );
  await eventually('Alertmanager has nothing left', 60, async () => ((await told()).length === 0 ? true : undefined));
  expect(await upTargets()).toEqual(['app-server-1', 'app-server-2', 'data-server']);
});

/** Leaves 3 MiB of the data volume, with which the data server is Normal. */
const fill = `free=$(df --output=avail -k /durable | tail -n1); head -c $(((free - 3072) * 1024)) /dev/zero >/durable/ballast`;
