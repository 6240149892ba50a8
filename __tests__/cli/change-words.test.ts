import { describe as inWords, type PlannedResource } from '../../cli/rotation/change-words';

const labelsOf = (server: string, more: Readonly<Record<string, string>> = {}) =>
  Object.entries({ 'ecp.server': server, 'ecp.role': server.replace(/-\d$/, ''), ...more }).map(([label, value]) => ({
    label,
    value,
  }));

/** A container as the provider's state and a plan have it; a plan leaves empty what Docker chooses. */
const inState = (server: string) => ({
  labels: labelsOf(server, { 'ecp.web': '127.0.0.1:81' }),
  env: ['ECP_ROLE=x', 'ECP_CONFIG_SHA256=1', 'TOKEN=old'],
  memory: 128,
  memory_swap: 128,
  dns: [],
  working_dir: '/opt',
  ports: [{ external: 81 }],
  volumes: [
    { container_path: '/a', host_path: '', volume_name: 'a' },
    { container_path: '/b', host_path: '', volume_name: 'b' },
  ],
});
const planned = (server: string) => ({
  ...inState(server),
  dns: null,
  working_dir: null,
  volumes: [...inState(server).volumes].reverse().map(each => ({ ...each, host_path: null })),
});

/** What is said of one resource of a plan. */
function said(
  action: string,
  change: PlannedResource['change'],
  { address = 'docker_container.one', path = '' } = {},
): string {
  return inWords([{ address, action }], [{ address, change }], new Map([[address, path]]));
}

const SERVICE = (environment: object, limit: number) => ({
  name: 'ecp-app-server-1',
  labels: labelsOf('app-server-1'),
  task_spec: [
    {
      container_spec: [{ env: environment, labels: labelsOf('x') }],
      resources: [{ limits: [{ memory_bytes: limit }] }],
    },
  ],
});

test.each<[string, PlannedResource['change'], string]>([
  [
    'update',
    { before: inState('app-server-1'), after: { ...inState('app-server-1'), memory: 200, memory_swap: 200 } },
    'memory',
  ],
  ['replace', { before: inState('app-server-1'), after: planned('app-server-1'), replace_paths: [['image']] }, 'image'],
  [
    'replace',
    {
      before: inState('app-server-1'),
      after: {
        ...planned('app-server-1'),
        labels: labelsOf('app-server-1', { 'ecp.web': '127.0.0.1:82', owner: 'me' }),
        ports: [{ external: 82 }],
        env: ['ECP_ROLE=x', 'ECP_CONFIG_SHA256=2', 'TOKEN=new'],
      },
      replace_paths: [['labels'], ['env'], ['networks_advanced', 0, 'name']],
    },
    'web port, label owner, configuration, variable TOKEN, network',
  ],
  ['update', { before: SERVICE({ A: '1' }, 5), after: SERVICE({ A: '2' }, 6) }, 'variable A, memory'],
])('of a server that a plan would %s properties are named, and no value', (action, change, words) => {
  expect(said(action, change)).toBe(`app-server-1: ${words}`);
});

test('what comes and goes is named by what it is', () => {
  const { labels } = inState('app-server-3');
  expect(said('create', { before: null, after: { labels } })).toBe('app-server-3: to be added');
  expect(said('delete', { before: { labels }, after: null })).toBe('app-server-3: to be removed');
  const network = { address: 'docker_network.one' };
  expect(said('delete', { before: { name: 'ecp', labels: [] }, after: null }, network)).toBe(
    'network ecp: to be removed',
  );
  const subnets = ['172.21.0.0/16', '10.7.0.0/24'].map(subnet => ({ name: 'ecp', ipam_config: [{ subnet }] }));
  const replaced = { before: subnets[0]!, after: subnets[1]!, replace_paths: [['ipam_config']] };
  expect(said('replace', replaced, network)).toBe('network ecp: subnet');
  const key = { address: 'tls_private_key.one', path: 'stack/pki/ca-1/key' };
  expect(said('replace', { before: { algorithm: 'RSA' }, after: { algorithm: 'ECDSA' } }, key)).toBe(
    'key of ca-1: algorithm',
  );
  expect(inWords([{ address: 'docker_image.one', action: 'replace' }], [], new Map())).toBe(
    'docker_image.one: to be replaced',
  );
});

test('servers with the same change are one phrase, and a files volume goes with its server', () => {
  const names = ['app-server-2', 'app-server-3', 'app-server-1'];
  const servers = names.map(name => ({
    address: `docker_container.${name}`,
    change: { before: inState(name), after: { ...inState(name), memory: 200 } },
  }));
  const volume = { address: 'docker_volume.one', change: { before: null, after: { name: 'ecp-app-server-4-files' } } };
  const changes = [...servers, volume].map(({ address }) => ({ address, action: 'update' }));
  expect(inWords(changes, [...servers, volume], new Map())).toBe('app-server-1 to app-server-3: memory');
});
