/** Which servers a roll goes through, and in which order. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { affectedServers, type AffectedServer } from '../../cli/rolls/affected-servers';
import { inOrder, rollLines, usualOrder } from '../../cli/rolls/roll-order';
import { withoutOrder, withSingleServers } from '../../cli/rolls/single-servers';
import { removeFolders, temporaryFolder } from './machine-fakes';

afterEach(removeFolders);

const labels = (server: string, role: string) => [
  { label: 'ecp.server', value: server },
  { label: 'ecp.role', value: role },
];
const at = (path: string) => ({ '//': { metadata: { path: `ecp-rehearsal/${path}` } } });
const STACK = {
  resource: {
    docker_container: {
      data: {
        ...at('ecp/data-server/Resource'),
        labels: labels('data-server', 'data-server'),
        depends_on: ['docker_container.files'],
      },
      files: { ...at('ecp/data-server/delivery'), labels: labels('data-server', 'delivery') },
      app1: {
        ...at('ecp/app-server-1/Resource'),
        labels: labels('app-server-1', 'app-server'),
        depends_on: ['docker_container.files1', 'docker_container.data', 'docker_network.network'],
      },
      files1: { ...at('ecp/app-server-1/delivery'), labels: labels('app-server-1', 'delivery') },
      app2: { ...at('ecp/app-server-2/Resource'), labels: labels('app-server-2', 'app-server') },
    },
    docker_network: { network: at('ecp/network/Resource') },
    docker_image: { image: { ...at('image/Resource'), labels: {} } },
    tls_private_key: { ca: at('pki/ca-1/key'), leaf: at('pki/app-server-1/key') },
  },
};

/** A stack's folder, and a state that knows some of its containers. */
function stackIn(known: readonly string[]): { stackDirectory: string; stateFile: string } {
  const stackDirectory = join(temporaryFolder(), 'stack');
  mkdirSync(stackDirectory);
  writeFileSync(join(stackDirectory, 'cdk.tf.json'), JSON.stringify(STACK));
  const stateFile = join(stackDirectory, 'state');
  const resources = known.map(name => ({ mode: 'managed', type: 'docker_container', name, instances: [] }));
  writeFileSync(stateFile, JSON.stringify({ version: 4, resources }));
  return { stackDirectory, stateFile };
}

const change = (action: string, ...addresses: string[]) => addresses.map(address => ({ action, address }));

describe('servers of a plan', () => {
  test('are those that it replaces, each with what is its own', () => {
    const plan = change('replace', 'docker_container.app1', 'docker_container.files1', 'docker_container.data');
    expect(affectedServers(plan, stackIn([]))).toEqual({
      servers: [
        {
          name: 'app-server-1',
          role: 'app-server',
          resource: 'docker_container.app1',
          isReplaced: true,
          addresses: ['docker_container.app1', 'docker_container.files1'],
        },
        expect.objectContaining({ name: 'data-server', addresses: ['docker_container.data'] }),
      ],
    });
  });

  test('are not those that it makes for the first time, but those that were lost', () => {
    const plan = change('create', 'docker_container.app1', 'docker_container.app2');
    const { servers } = affectedServers(plan, stackIn(['files1']));
    expect(servers.map(({ name, isReplaced }) => [name, isReplaced])).toEqual([['app-server-1', false]]);
  });

  test('are not those that it changes while they run, or whose files it delivers', () => {
    const plan = [...change('update', 'docker_container.data'), ...change('replace', 'docker_container.files1')];
    expect(affectedServers(plan, stackIn([])).servers).toEqual([]);
  });

  test.each([
    ['docker_network.network', 'docker_network.network'],
    ['tls_private_key.ca', 'tls_private_key.ca'],
    ['tls_private_key.leaf', undefined],
    ['docker_image.image', undefined],
  ])('go together when %s is replaced: %s', (address, shared) => {
    const plan = change('replace', address, 'docker_container.app1', 'docker_container.app2');
    expect(affectedServers(plan, stackIn([])).shared).toBe(shared);
  });
});

describe('the order', () => {
  const server = (name: string) =>
    ({ name, role: name === 'data-server' ? 'data-server' : 'app-server' }) as AffectedServer;
  const servers = ['data-server', 'app-server-10', 'app-server-2', 'app-server-1'].map(server);
  const names = (order: 'app-servers-first' | 'data-server-first', sick: readonly string[] = []) =>
    inOrder(servers, order, name => !sick.includes(name))
      .map(({ name }) => name)
      .join(' ');

  test.each([
    ['app-servers-first', [], 'app-server-1 app-server-2 app-server-10 data-server'],
    ['data-server-first', [], 'data-server app-server-1 app-server-2 app-server-10'],
    ['app-servers-first', ['app-server-10'], 'app-server-10 app-server-1 app-server-2 data-server'],
    ['app-servers-first', ['data-server'], 'data-server app-server-1 app-server-2 app-server-10'],
  ] as const)('%s with %j not Normal', (order, sick, expected) => {
    expect(names(order, sick)).toBe(expected);
  });

  test('begins with the data server only when no application server is Normal', () => {
    const report = (role: 'data-server' | 'app-server', state: string) => ({ server: { role }, state });
    const reports = [report('data-server', 'Normal'), report('app-server', 'Failed'), report('app-server', 'Starting')];
    expect(usualOrder(reports)).toBe('data-server-first');
    expect(usualOrder([...reports, report('app-server', 'Normal')])).toBe('app-servers-first');
  });

  test('is told with what each step interrupts', () => {
    expect(rollLines([server('app-server-1'), server('data-server')], () => true)).toEqual([
      '  1. app-server-1  interrupts its own clients',
      '  2. data-server   writes of all application servers fail or wait until it is Normal again',
    ]);
    expect(rollLines([server('app-server-1')], () => false)).toEqual([
      '  1. app-server-1  is not Normal: interrupts nobody',
    ]);
  });
});

describe('the stack of a roll', () => {
  test('has no order between servers, and nothing else is another', () => {
    const text = JSON.stringify(STACK);
    const expected = structuredClone(STACK) as { resource: { docker_container: { app1: { depends_on: string[] } } } };
    expected.resource.docker_container.app1.depends_on = ['docker_container.files1', 'docker_network.network'];
    expect(JSON.parse(withoutOrder(text))).toEqual(expected);
  });

  test('is the whole one again afterwards, also when the work fails', async () => {
    const { stackDirectory } = stackIn([]);
    const work = withSingleServers(stackDirectory, () => Promise.reject(new Error('broken')));
    await expect(work).rejects.toThrow('broken');
    expect(readFileSync(join(stackDirectory, 'cdk.tf.json'), 'utf8')).toBe(JSON.stringify(STACK));
  });
});
