/** What the command makes of a mirror's members: who is what, in which order they go, and what must not be lost. */
import { readSettings } from '../../app/settings';
import type { MirrorStatus } from '../../cli/access/mirror-status';
import { readNodeStatus } from '../../cli/access/node-status';
import type { ServerReport } from '../../cli/access/server-report';
import { toClusterReport } from '../../cli/cluster-report';
import { lostWith } from '../../cli/deploy/kept-primary';
import { dataServersAmong, hasActiveBackup, mirrorWarnings, primaryOf } from '../../cli/mirror';
import { inOrder, rollLines } from '../../cli/rolls/roll-order';
import { formatHtml } from '../../cli/views/page';
import { formatJson } from '../../cli/views/json';
import { formatMermaid } from '../../cli/views/mermaid';
import { mirrorLine } from '../../cli/views/mirror';
import { formatTable } from '../../cli/views/table';
import { recorded } from './recorded-reports';

const { report: plain, configurations } = recorded('healthy');
const [sample, appServer] = plain.servers as readonly [ServerReport, ServerReport];

const HEALTHY: MirrorStatus = {
  name: 'ECP',
  role: 'primary',
  state: '',
  epoch: 3,
  mode: 'with',
  backup: 'active',
  arbiter: 'connected',
  failover: 'automatic',
  lag: 0,
};

function member(name: string, mirror: Partial<MirrorStatus>, volume: string): ServerReport {
  const Mounts = [{ Type: 'volume', Destination: '/durable', Name: volume, RW: true }];
  return {
    ...sample,
    server: { ...sample.server, name, container: `ecp-${name}`, facts: { ...sample.server.facts, Mounts } },
    status: { ...sample.status!, server: name, mirror: { ...HEALTHY, ...mirror } },
  };
}

const arbiter: ServerReport = {
  ...sample,
  server: { ...sample.server, name: 'arbiter', role: 'arbiter', container: 'ecp-arbiter' },
  status: { ...sample.status!, server: 'arbiter', role: 'arbiter', mirror: { ...HEALTHY, role: 'arbiter' } },
};

/** The second member is the primary. */
function servers(a: Partial<MirrorStatus> = {}, b: Partial<MirrorStatus> = {}): ServerReport[] {
  return [
    member('data-server-a', { role: 'backup', ...a }, 'ecp-data'),
    member('data-server-b', b, 'ecp-data-server-b.data'),
    arbiter,
    appServer,
  ];
}

const reportOf = (list: readonly ServerReport[]) => toClusterReport('ecp', list, plain.at);

describe('a status', () => {
  test('has what a member says of its mirror, and anything else as nothing', () => {
    const read = (mirror: unknown) => readNodeStatus(JSON.stringify({ state: 'Normal', mirror }))?.mirror;
    expect(read(HEALTHY)).toEqual(HEALTHY);
    expect(read({ name: 7, epoch: 'x', lag: '-' })).toEqual({
      ...{ name: '', role: '', state: '', epoch: 0, mode: '', backup: '', arbiter: '', failover: '' },
    });
    expect(readNodeStatus('{"state":"Normal"}')).not.toHaveProperty('mirror');
  });
});

describe('a healthy mirror', () => {
  test('has a line, roles in the table, and no warning', () => {
    const report = reportOf(servers({}, { lag: 12 }));
    const table = formatTable(report, { columns: 200 });
    expect(table).toContain(
      'Mirror: ECP, data-server-b is the primary, data-server-a its active backup (12 updates behind), fails over by itself (arbiter connected)',
    );
    expect(table).toMatch(/data-server-a +data server, backup +Normal/);
    expect(table).toMatch(/data-server-b +data server, primary +Normal/);
    expect(table).toMatch(/arbiter +arbiter +Normal/);
    expect(mirrorWarnings(report.servers)).toEqual([]);
    expect(mirrorWarnings(servers({ state: 'waits for the primary, data-server-b' }))).toEqual([]);
    expect(report.ok).toBe(true);
  });

  test('is in all views', () => {
    const report = reportOf(servers());
    expect(JSON.parse(formatJson(report, configurations))).toMatchObject({
      servers: [{ name: 'data-server-a', status: { mirror: { role: 'backup' } } }, {}, { role: 'arbiter' }, {}],
    });
    expect(formatHtml(report, configurations)).toContain('data-server-b is the primary');
    const mermaid = formatMermaid(report, configurations);
    expect(mermaid).toMatch(/server3 ==>\|.*\| server2/);
    expect(mermaid).toMatch(/server2 -\.->\|.*mirror ECP.*\| server1/);
    expect(mermaid).toContain('server4 -.- server2');
  });

  test('without one there is none of it', () => {
    expect(mirrorLine(plain)).toBeUndefined();
    expect(formatHtml(plain, configurations)).not.toContain('Mirror');
  });
});

describe('a mirror that cannot fail over', () => {
  test.each<[string, Partial<MirrorStatus>, string]>([
    ['its backup is away', { backup: 'away', failover: 'by hand' }, 'its backup is away'],
    ['its backup catches up', { backup: 'catching up', failover: 'by hand' }, 'its backup is catching up'],
    ['its arbiter is away', { arbiter: 'away', failover: 'by hand' }, 'its arbiter is away'],
    ['it has no arbiter', { arbiter: 'none', failover: 'by hand' }, 'it has no arbiter'],
  ])('says that %s', (_, b, why) => {
    expect(mirrorWarnings(servers({}, b))).toEqual([
      `the mirror ECP does not fail over by itself at this moment: ${why}, and data-server-b goes on`,
    ]);
  });

  test('says what a member says, and when there is no primary', () => {
    expect(mirrorWarnings(servers({ state: 'it must be seeded' }, { role: 'none' }))).toEqual([
      'the mirror ECP has no primary: application servers wait',
      'data-server-a: it must be seeded',
    ]);
  });

  test('has no active backup', () => {
    expect(hasActiveBackup(servers())).toBe(true);
    expect(hasActiveBackup(servers({}, { backup: 'catching up' }))).toBe(false);
  });
});

test('of two that take themselves for the primary the newer one is meant', () => {
  expect(primaryOf(servers({ role: 'primary', epoch: 2 }))?.server.name).toBe('data-server-b');
  expect(primaryOf(servers({ role: 'primary', epoch: 4 }))?.server.name).toBe('data-server-a');
});

test('of its members the one with the first data volume comes first', () => {
  const named = (name: string, first: string) => {
    const { server } = member(name, {}, name);
    const Config = { ...server.facts.Config, Env: [`ECP_MIRROR_MEMBERS=${first} other`] };
    return { ...server, facts: { ...server.facts, Config } };
  };
  const found = [named('a', 'b'), named('b', 'b'), appServer.server];
  expect(dataServersAmong(found).map(({ name }) => name)).toEqual(['b', 'a']);
  expect(dataServersAmong([sample.server, appServer.server])).toEqual([sample.server]);
});

test('a roll goes through the arbiter, application servers, the backup and then the primary', () => {
  const affected = servers().map(({ server: { name, role } }) => ({
    ...{ name, role, resource: name, isReplaced: true, addresses: [] },
  }));
  const order = inOrder(affected, 'app-servers-first', () => true, 'data-server-b').map(({ name }) => name);
  expect(order).toEqual(['arbiter', appServer.server.name, 'data-server-a', 'data-server-b']);
  expect(inOrder(affected, 'data-server-first', () => true, 'data-server-a').map(({ name }) => name)).toEqual([
    ...['arbiter', 'data-server-b', 'data-server-a', appServer.server.name],
  ]);
  expect(rollLines(affected, () => true, 'data-server-b').map(line => line.replace(/^ +\d\. \S+ +/, ''))).toEqual([
    'interrupts nobody',
    'the other member becomes the primary first: requests wait for seconds',
    'interrupts nobody',
    'interrupts its own clients',
  ]);
});

describe('a mirror that is taken off', () => {
  const settings = readSettings({}, {});

  test('goes when the volume that stays is the primary’s', () => {
    expect(lostWith(settings, servers({ role: 'primary' }, { role: 'backup' }))).toBeUndefined();
  });

  test('is refused while the other member is the primary, or nobody knows', () => {
    expect(lostWith(settings, servers())).toBe(
      "'mirror' must stay as it is until data-server-a is the primary: its volume ecp-data would become the data, and the primary is data-server-b; ./ecp switch-over data-server-a first. Nothing was changed",
    );
    expect(lostWith(settings, servers({ role: 'none' }, { role: 'none' }))).toContain('no primary that answers');
  });
});
