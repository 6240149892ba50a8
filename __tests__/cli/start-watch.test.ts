import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ContainerFacts } from '../../cli/access/docker';
import type { ServerReport } from '../../cli/access/server-report';
import { remedyFor } from '../../cli/failures/server-remedies';
import { StartWatch, watchReports, watchStarts } from '../../cli/failures/start-watch';

const SEC = 1000;
const REASON = 'Failed: config.json: two databases';

const facts = (output: string, more: { restarts?: number; status?: string } = {}): ContainerFacts =>
  ({
    Id: '1',
    Name: '/ecp-data-server',
    RestartCount: more.restarts ?? 0,
    State: { Status: 'running', Health: { Status: more.status ?? 'starting', Log: [{ ExitCode: 1, Output: output }] } },
  }) as unknown as ContainerFacts;

describe('a server that is waited for', () => {
  test.each([
    [8, 7, false],
    [8, 8, true],
    [60, 59, false],
    [60, 60, true],
  ])('of a patience of %i s, Failed for %i s: given up is %s', (patienceSec, seconds, givenUp) => {
    const watch = new StartWatch(patienceSec);
    expect(watch.noteContainer(facts(`${REASON}\n`), 0)).toBe(false);
    expect(watch.noteContainer(facts(`${REASON}\n`), seconds * SEC)).toBe(givenUp);
  });

  test.each([
    ['another reason', 'Failed: the certificate of data-server:1972 has expired'],
    ['another state', 'In Progress: starting'],
  ])('%s in between begins anew', (_, between) => {
    const watch = new StartWatch(8);
    watch.noteContainer(facts(REASON), 0);
    watch.noteContainer(facts(between), 7 * SEC);
    expect(watch.noteContainer(facts(REASON), 9 * SEC)).toBe(false);
    expect(watch.noteContainer(facts(REASON), 17 * SEC)).toBe(true);
  });

  test.each([
    'Not Connected: the name data-server does not resolve',
    'In Progress: starting',
    'Trouble: data-server: no answer within 3.5 s',
    'Recovery: data-server answers again',
    'Failed: the certificate of data-server:1972 is not from the CA of this cluster (certificate is not yet valid)',
    '',
  ])('may still become Normal: %j', output => {
    const watch = new StartWatch(8);
    watch.noteContainer(facts(output), 0);
    expect(watch.noteContainer(facts(output), 1000 * SEC)).toBe(false);
  });

  test('is healthy, whatever an old probe said', () => {
    const watch = new StartWatch(8);
    watch.noteContainer(facts(REASON, { status: 'healthy' }), 0);
    expect(watch.noteContainer(facts(REASON, { status: 'healthy' }), 1000 * SEC)).toBe(false);
  });

  test('that has ended, and that Docker leaves so, is stopped waiting for after the patience', () => {
    const ended = { ...facts(''), State: { Status: 'exited', ExitCode: 1 } } as unknown as ContainerFacts;
    const watch = new StartWatch(8);
    expect([0, 7, 8].map(seconds => watch.noteContainer(ended, seconds * SEC))).toEqual([false, false, true]);
  });

  test('and ends again and again is given up; restarts from before do not count', () => {
    const watch = new StartWatch(8);
    const seen = [7, 8, 9, 10].map(restarts => watch.noteContainer(facts('', { restarts }), 0));
    expect(seen).toEqual([false, false, false, true]);
    expect(watch.noteContainer(facts('', { restarts: 10, status: 'healthy' }), 0)).toBe(false);
  });
});

describe('servers that were asked themselves', () => {
  const report = (name: string, state: string, reason = 'r'): ServerReport =>
    ({ server: { name }, state, reason }) as unknown as ServerReport;
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  test.each(['Failed', 'exited', 'paused', 'created', 'dead'])('%s for too long: pointless', state => {
    const isPointless = watchReports(8);
    expect(isPointless([report('data-server', state)])).toBe(false);
    jest.advanceTimersByTime(9 * SEC);
    expect(isPointless([report('data-server', state)])).toBe(true);
  });

  test('one that may still become Normal keeps the others waiting', () => {
    const isPointless = watchReports(8);
    const reports = [report('app-server-1', 'Failed'), report('app-server-2', 'In Progress')];
    isPointless(reports);
    jest.advanceTimersByTime(60 * SEC);
    expect(isPointless(reports)).toBe(false);
    expect(isPointless([reports[0]!])).toBe(true);
  });
});

test('what Terraform waits for besides servers is never interrupted', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ecp-watch-'));
  try {
    const labels = [{ label: 'ecp.role', value: 'delivery' }];
    const resource = { docker_container: { x_delivery_1: { name: 'ecp-data-server-files', labels } } };
    writeFileSync(join(folder, 'cdk.tf.json'), JSON.stringify({ resource }));
    const isPointless = watchStarts(folder, 'no-such-cluster', 8);
    expect(await isPointless(['docker_container.x_delivery_1', 'docker_network.x'])).toBe(false);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.each([
  ["/durable was written by the engine 'iris': this one is 'rehearsal'", /ECP_CLUSTER.*the volume demo-data/],
  ['/durable cannot be written (is the disk full?)', /free space .* demo-data/],
  ['creating the database failed: %GTM-E-NOSPACECRE, Not enough space to create', /free space .* demo-data/],
  ['config.json: TLSMinVersion must be 16 or 32', /ECP_DATA_SERVER_CONFIG_FILE/],
  ['the certificate of data-server:1972 is not from the CA of this cluster (x)', /one authority/],
  ["data-server:1972 refused this server's certificate: it is not from the data server's CA", /one authority/],
  ['the certificate of data-server:1972 is not for the name other', /'host'/],
  ['data-server:1972 closed the connection: is CN=x in its authorized-clients?', /ECP_ADDITIONAL_CLIENTS/],
  ["This instance's license does not include ECP", /ECP_IRIS_LICENSE_KEY_FILE/],
  ['the container is paused', /docker unpause/],
  ['something new', /^fix the problem above$/],
])('the remedy for %j', (reason, remedy) => {
  expect(remedyFor(reason, 'demo-data')).toMatch(remedy);
});
