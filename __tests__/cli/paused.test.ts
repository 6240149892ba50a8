import { exitCodeOf, toClusterReport } from '../../cli/cluster-report';
import { isPaused } from '../../cli/access/paused';
import type { ServerReport } from '../../cli/access/server-report';
import { formatJson } from '../../cli/views/json';
import { formatTable } from '../../cli/views/table';
import { recorded } from './recorded-reports';

const { report } = recorded('healthy');

/** A report of servers that have ended with these codes; -1 for one that runs. */
const ended = (...codes: readonly number[]): readonly ServerReport[] =>
  report.servers.map((each, index) => {
    const code = codes[index] ?? 0;
    if (code < 0) return each;
    const state = { ...each.server.facts.State, Status: 'exited', Running: false, ExitCode: code };
    const server = { ...each.server, facts: { ...each.server.facts, State: state } };
    return { ...each, server, state: 'exited', reason: `the container is not running (exit code ${code})` };
  });

test('a cluster is paused when every server has ended as it should', () => {
  const serversOf = (reports: readonly ServerReport[]) => reports.map(({ server }) => server);
  expect(isPaused(serversOf(ended(0, 0, 0)))).toBe(true);
  expect(isPaused(serversOf(ended(0, 143, 0)))).toBe(true);
  for (const codes of [
    [0, 0, 137],
    [-1, 0, 0],
  ])
    expect(isPaused(serversOf(ended(...codes)))).toBe(false);
  expect(isPaused([])).toBe(false);
});

test('its status says so in words, without a fault, and has an exit code of its own', () => {
  const paused = toClusterReport('ecp', ended(0, 0, 0), report.at);
  const lines = formatTable(paused).split('\n');
  expect(lines.at(-1)).toBe('! the cluster is paused, with its data kept; ./ecp resume starts it');
  expect(lines.filter(line => line.startsWith('✗'))).toEqual([]);
  expect(exitCodeOf(paused)).toBe(5);
  expect(JSON.parse(formatJson(paused, []))).toMatchObject({ paused: true, ok: false });
});

test('a server that is gone, or was killed, is a fault all the same', () => {
  const gone = toClusterReport('ecp', ended(0, 0, 0), report.at, ['app-server-3']);
  expect({ paused: gone.paused, code: exitCodeOf(gone) }).toEqual({ paused: false, code: 1 });
  const killed = toClusterReport('ecp', ended(0, 137, 0), report.at);
  expect({ paused: killed.paused, code: exitCodeOf(killed) }).toEqual({ paused: false, code: 1 });
});
