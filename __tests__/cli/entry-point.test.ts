import { readEntryStatus } from '../../cli/access/entry-point';
import type { ClusterReport } from '../../cli/cluster-report';
import { entryPointWarnings, type EntryPointReport } from '../../cli/entry-point/report';
import { entryPointLine } from '../../cli/views/entry-point';
import { formatHtml } from '../../cli/views/page';
import { problemsOf } from '../../cli/views/problems';
import { formatTable } from '../../cli/views/table';
import { recorded } from './recorded-reports';

const { report: healthy, configurations } = recorded('healthy');
const ENTRY_POINT: EntryPointReport = {
  container: 'ecp-entry-point',
  webUrl: 'http://127.0.0.1:8080/',
  servers: [
    { name: 'app-server-1', state: 'serving', sessions: 3, check: 'L7OK' },
    { name: 'app-server-2', state: 'drained', sessions: 0, check: '' },
  ],
  reason: '',
  drift: [],
};
const withEntryPoint = (change: Partial<EntryPointReport> = {}): ClusterReport => ({
  ...healthy,
  entryPoint: { ...ENTRY_POINT, ...change },
});

test('what ecp-entry prints is read, and what is no line of it is passed over', () => {
  expect(readEntryStatus('app-server-1\tserving\t3\tL7OK \n\n<b>\tdown\t0\t\nnobody\n')).toEqual([
    { name: 'app-server-1', state: 'serving', sessions: 3, check: 'L7OK' },
  ]);
});

test('one line of the table says where it is and what it does with each server', () => {
  const line = 'Entry point: http://127.0.0.1:8080/ serves app-server-1; drained: app-server-2';
  expect(entryPointLine(ENTRY_POINT)).toBe(line);
  expect(formatTable(withEntryPoint()).split('\n')).toContain(line);
  expect(formatTable(healthy)).not.toContain('Entry point');
  expect(entryPointLine({ ...ENTRY_POINT, superserver: '127.0.0.1:1972', servers: [] })).toBe(
    'Entry point: http://127.0.0.1:8080/, superserver 127.0.0.1:1972 serves nobody',
  );
});

test('the page has each server with what is on it', () => {
  const page = formatHtml(withEntryPoint(), configurations);
  expect(page).toContain('<a href="http://127.0.0.1:8080/"');
  expect(page).toMatch(/✓ serving.*<span>3<\/span>/s);
  expect(page).toContain('! drained');
  expect(formatHtml(healthy, configurations)).not.toContain('Entry point');
});

test('one that does not run is a fault, and what was changed by hand is drift', () => {
  const problems = problemsOf(withEntryPoint({ reason: 'the container is paused', drift: ['a file was changed'] }));
  expect(problems).toEqual(
    expect.arrayContaining([
      { kind: 'fault', servers: 'entry-point', what: 'the container is paused' },
      { kind: 'drift', servers: 'entry-point', what: 'a file was changed' },
    ]),
  );
});

test('servers that are Normal and not served are warned of, each with its reason', () => {
  const warningsOf = (change: Partial<EntryPointReport>): string[] =>
    entryPointWarnings({ ...ENTRY_POINT, ...change }, healthy.servers);
  expect(warningsOf({})).toEqual([
    'the entry point does not serve app-server-2, which is drained; ./ecp activate app-server-2 lets it',
  ]);
  const [first] = ENTRY_POINT.servers;
  expect(warningsOf({ servers: [{ ...first!, state: 'down', check: 'L4CON' }] })).toEqual([
    'the entry point does not serve app-server-1, which is Normal (L4CON)',
    'the entry point does not know app-server-2, which is Normal',
  ]);
  expect(warningsOf({ reason: 'it is gone', servers: [] })).toEqual([]);
  const stopped = healthy.servers.map(each => ({ ...each, state: 'exited' }));
  expect(entryPointWarnings(ENTRY_POINT, stopped)).toEqual([]);
});
