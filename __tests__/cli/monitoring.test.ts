import type { ContainerFacts } from '../../cli/access/docker';
import { partsAmong } from '../../cli/access/parts';
import type { ClusterReport } from '../../cli/cluster-report';
import { healedLines } from '../../cli/drift/heal';
import { reportMonitoring, type WatcherReport } from '../../cli/monitoring/report';
import { formatHtml } from '../../cli/views/page';
import { problemsOf } from '../../cli/views/problems';
import { formatTable } from '../../cli/views/table';
import { recorded } from './recorded-reports';

const { report: healthy, configurations } = recorded('healthy');
const RUNNING = { Running: true, Paused: false, Status: 'running', ExitCode: 0, Health: { Status: 'healthy' } };

function watcher(name: string, port: number, state: object = RUNNING): ContainerFacts {
  return {
    Id: name,
    Name: `/ecp-${name}`,
    State: state,
    Config: { Labels: { 'ecp.cluster': 'ecp', 'ecp.server': name, 'ecp.role': 'monitoring' } },
    NetworkSettings: { Ports: { [`${port}/tcp`]: [{ HostIp: '127.0.0.1', HostPort: String(port + 100) }] } },
  } as unknown as ContainerFacts;
}

const BOTH = [watcher('alertmanager', 9093), watcher('prometheus', 9090)];
const withMonitoring = (monitoring: readonly WatcherReport[]): ClusterReport => ({ ...healthy, monitoring });

test('both are parts of the cluster with a page each, Prometheus first', () => {
  expect(partsAmong(BOTH).map(({ name }) => name)).toEqual(['prometheus', 'alertmanager']);
  const report = reportMonitoring(BOTH, [{ server: 'prometheus', what: 'a file was changed' }]);
  expect(report).toEqual([
    expect.objectContaining({ webUrl: 'http://127.0.0.1:9190/', reason: '', drift: ['a file was changed'] }),
    expect.objectContaining({ webUrl: 'http://127.0.0.1:9193/', reason: '', drift: [] }),
  ]);
  const line = 'Monitoring: prometheus http://127.0.0.1:9190/, alertmanager http://127.0.0.1:9193/';
  expect(formatTable(withMonitoring(report)).split('\n')).toContain(line);
  expect(formatTable(healthy)).not.toContain('Monitoring');
  expect(formatHtml(withMonitoring(report), configurations)).toContain('<a href="http://127.0.0.1:9190/"');
  expect(formatHtml(healthy, configurations)).not.toContain('Monitoring');
});

test.each<[string, object, string]>([
  ['paused', { ...RUNNING, Paused: true }, 'the container is paused'],
  [
    'ended',
    { ...RUNNING, Running: false, Status: 'exited', ExitCode: 2 },
    'the container is not running (exited, exit code 2)',
  ],
  [
    'started again and again',
    { ...RUNNING, Status: 'restarting', ExitCode: 1 },
    'the container is not running (restarting, exit code 1)',
  ],
  ['silent', { ...RUNNING, Health: { Status: 'unhealthy' } }, 'it does not answer'],
])('one that is %s is a fault', (_, state, reason) => {
  const report = reportMonitoring([watcher('prometheus', 9090, state)], []);
  expect(problemsOf(withMonitoring(report))).toContainEqual({ kind: 'fault', servers: 'prometheus', what: reason });
});

test('drift of it is told, and its end', () => {
  const drift = [{ server: 'alertmanager', what: 'a file was changed' }];
  expect(problemsOf(withMonitoring(reportMonitoring(BOTH, drift)))).toContainEqual({
    kind: 'drift',
    servers: 'alertmanager',
    what: 'a file was changed',
  });
  const lines = healedLines(drift, withMonitoring(reportMonitoring(BOTH, [])));
  expect(lines).toEqual(['healed alertmanager: a file was changed']);
});
