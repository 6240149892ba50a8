import { exitCodeOf, toClusterReport } from '../../cli/cluster-report';
import { levelOfState } from '../../cli/views/levels';
import { problemsOf } from '../../cli/views/problems';
import { formatTable } from '../../cli/views/table';
import type { ServerReport } from '../../cli/access/server-report';
import { recorded } from './recorded-reports';

const [dataServer, first, ...others] = recorded('healthy').report.servers as [ServerReport, ServerReport];
const AT = recorded('healthy').report.at;
const fence = (...subjects: string[]): ServerReport => ({
  ...dataServer,
  status: { ...dataServer.status!, fenced: subjects },
});
const fenced: ServerReport = { ...first, state: 'Fenced', reason: 'data-server:1972 refuses this server on request' };
const SUBJECT = first.status!.certificate.subject;

test('a fenced server is warned of, and the cluster is as it should be', () => {
  const report = toClusterReport('ecp', [fence(SUBJECT), fenced, ...others], AT);
  expect(report).toMatchObject({ ok: true, paused: false });
  expect(exitCodeOf(report)).toBe(0);
  expect(problemsOf(report).filter(({ what }) => what.includes('fenced'))).toEqual([
    {
      kind: 'warning',
      servers: '',
      what: `${first.server.name} is fenced: the data server refuses it; ./ecp unfence ${first.server.name} lets it in again`,
    },
  ]);
  expect(formatTable(report)).toMatch(/application server +Fenced/);
  expect(levelOfState('Fenced')).toBe('soon');
});

test('so is one of which nothing else tells that it is fenced', () => {
  const { warnings } = toClusterReport('ecp', [fence('CN=app-server-9'), first, ...others], AT);
  expect(warnings).toContain(
    "the data server refuses CN=app-server-9, which was fenced; ./ecp exec data-server unfence 'CN=app-server-9' lets it in",
  );
});
