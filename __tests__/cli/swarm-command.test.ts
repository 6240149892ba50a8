import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exitCodeOf, type ClusterReport, type NodeReport } from '../../cli/cluster-report';
import { readNodes } from '../../cli/swarm/nodes';
import { requireSamePlatform } from '../../cli/terraform/same-platform';
import { formatHtml } from '../../cli/views/page';
import { formatTable } from '../../cli/views/table';
import { recorded } from './recorded-reports';

const node = (name: string, changes: Partial<NodeReport> = {}): NodeReport => ({
  name,
  status: 'Ready',
  availability: 'Active',
  manager: '',
  silence: '',
  servers: [],
  ...changes,
});

test('nodes are read as docker node ls prints them, in the order of their names', () => {
  expect(readNodes('n10\tReady\tActive\t\nn2\tDown\tDrain\tUnreachable\nn1\tReady\tActive\tLeader\n')).toEqual([
    { name: 'n1', status: 'Ready', availability: 'Active', manager: 'Leader' },
    { name: 'n2', status: 'Down', availability: 'Drain', manager: 'Unreachable' },
    { name: 'n10', status: 'Ready', availability: 'Active', manager: '' },
  ]);
});

describe('a report with nodes', () => {
  const healthy = (nodes: NodeReport[]): ClusterReport => ({ ...recorded('healthy').report, nodes });

  test.each<[string, ClusterReport, number]>([
    ['all well', healthy([node('n1')]), 0],
    ['a node down, its servers elsewhere', healthy([node('n1'), node('n2', { status: 'Down' })]), 4],
    ['an engine that does not answer', healthy([node('n1', { silence: 'no answer' })]), 4],
    ['a drained node', healthy([node('n1', { availability: 'Drain' })]), 0],
  ])('of %s gives an exit code of its own', (_, report, code) => {
    expect(exitCodeOf(report)).toBe(code);
  });

  test('of a node down and a server that is not Normal has the code of the server', () => {
    const { report } = recorded('broken');
    expect(exitCodeOf({ ...report, nodes: [node('n1', { status: 'Down' })] })).toBe(1);
  });

  test.each<[string, Partial<ClusterReport>, number]>([
    ['no server that answers', { servers: [], missing: ['app-server-1'] }, 1],
    ['a certificate that has expired', { at: new Date('2100-01-01') }, 1],
    ['an application server that is not started yet', { missing: ['app-server-1'] }, 4],
    ['the data server missing', { missing: ['data-server'] }, 1],
  ])('of a node of a swarm down and %s', (_, changes, code) => {
    const nodes = [node('n1'), node('n2', { status: 'Down' })];
    expect(exitCodeOf({ ...healthy(nodes), ok: false, ...changes })).toBe(code);
  });

  test.each<[string, readonly string[], number]>([
    ['there', ['app-server-1'], 4],
    ['on another host', ['app-server-2'], 1],
    ['there, and another elsewhere', ['app-server-1', 'app-server-2'], 1],
  ])('of a Docker host down and a server missing %s has a code of its own', (_, missing, code) => {
    const hosts = [
      node('n1', { availability: '', silence: 'it said nothing', status: 'Silent', servers: ['app-server-1'] }),
      node('n2', { availability: '', servers: ['app-server-2'] }),
    ];
    const report = { ...healthy(hosts), ok: false, missing };
    expect(exitCodeOf(report)).toBe(code);
    const text = formatTable(report);
    expect(text.includes('app-server-1: nothing is known of it, since its node does not answer')).toBe(
      missing.includes('app-server-1'),
    );
    expect(text.includes('app-server-2: its container is gone')).toBe(missing.includes('app-server-2'));
  });

  test('shows the machines below the servers, and where each server runs', () => {
    const report = healthy([node('n1', { manager: 'Leader' }), node('n2', { status: 'Down' })]);
    const environment = {};
    const servers = report.servers.map(each => ({
      ...each,
      server: { ...each.server, facts: { ...each.server.facts, endpoint: { node: 'n1', environment } } },
    }));
    const text = formatTable({ ...report, servers });
    expect(text).toMatch(/^SERVER .* NODE *$/m);
    expect(text).toMatch(/^data-server .* n1 *$/m);
    expect(text).toMatch(/^n1 +Ready +Active +Leader *$/m);
    expect(text).toMatch(/^n2 +Down +Active *$/m);
  });
});

test('the page shows each machine with its servers, and none of a cluster of one host', () => {
  const { report, configurations } = recorded('healthy');
  const servers = report.servers.map(each => ({
    ...each,
    server: { ...each.server, facts: { ...each.server.facts, endpoint: { node: 'n1', environment: {} } } },
  }));
  const nodes = [node('n1', { manager: 'Leader' }), node('<b>', { status: 'Down' })];
  const page = formatHtml({ ...report, servers, nodes }, configurations);
  expect(page).toContain('<h2 id="machines">Machines</h2>');
  expect(page).toContain('data-server, app-server-1, app-server-2');
  expect(page).toContain('✗ Down');
  expect(page).not.toContain('<b>');
  expect(formatHtml(report, configurations)).not.toContain('Machines');
});

describe('a state with the servers elsewhere', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ecp-platform-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const check = (wanted: string, present: string): void => {
    const path = 'ecp-rehearsal/ecp/data-server/Resource';
    const stack = { resource: { [wanted]: { 'ecp_data-server_CEBE0DCA': { '//': { metadata: { path } } } } } };
    mkdirSync(join(folder, 'stack'));
    writeFileSync(join(folder, 'stack', 'cdk.tf.json'), JSON.stringify(stack));
    const resources = [{ type: present, name: 'ecp_data-server_CEBE0DCA', instances: [{ attributes: { id: 'x' } }] }];
    writeFileSync(join(folder, 'state'), JSON.stringify({ version: 4, resources }));
    requireSamePlatform(join(folder, 'stack'), join(folder, 'state'), 'ecp');
  };

  test('is refused before a plan would begin with an empty database', () => {
    expect(() => check('docker_service', 'docker_container')).toThrow(
      "the cluster 'ecp' must stay on Docker hosts, where its data is, and the settings want it on a swarm: choose another name in 'cluster' (ECP_CLUSTER) for a second one, or take this one down first",
    );
  });

  test.each(['docker_container', 'docker_service'])('is none when both have %s', type => {
    expect(() => check(type, type)).not.toThrow();
  });
});
