import { clustersAmong } from '../../cli/access/clusters';
import type { ContainerFacts } from '../../cli/access/docker';
import { LABELS } from '../../contract/contract';

const server = (cluster: string, name: string, health: string, dataVolume?: string): ContainerFacts =>
  ({
    Name: `/${cluster}-${name}`,
    Created: '',
    State: { Running: health !== '', Health: { Status: health } },
    Mounts: dataVolume === undefined ? [] : [{ Type: 'volume', Name: dataVolume, Destination: '/durable', RW: true }],
    Config: {
      Labels: {
        [LABELS.cluster]: cluster,
        [LABELS.server]: name,
        [LABELS.role]: name === 'data-server' ? name : 'app-server',
        [LABELS.engine]: 'rehearsal',
      },
    },
  }) as unknown as ContainerFacts;

test('clusters of a host are found by servers and by data, each with who deployed it', () => {
  const volumes: Parameters<typeof clustersAmong>[1] = [
    { Name: 'blue-data', Labels: null },
    { Name: 'blue-data-server-files', Labels: { [LABELS.cluster]: 'blue' } },
    { Name: 'blue-deployed-from', Labels: { 'ecp-deployed-from': 'host:/srv/ecp/blue.tfstate' } },
    { Name: 'old-data', Labels: { [LABELS.cluster]: 'old' } },
    { Name: 'removed-data', Labels: null },
    { Name: 'removed-deployed-from', Labels: { 'ecp-deployed-from': 'host:/srv/ecp/removed.tfstate' } },
    { Name: 'gone-deployed-from', Labels: { 'ecp-deployed-from': 'host:/srv/ecp/gone.tfstate' } },
    { Name: 'some-data', Labels: null },
  ];
  const containers = [
    server('blue', 'data-server', 'healthy'),
    server('blue', 'app-server-1', ''),
    server('green', 'data-server', 'healthy'),
  ];
  expect(clustersAmong(containers, volumes)).toEqual([
    {
      name: 'blue',
      engine: 'rehearsal',
      servers: 2,
      healthy: 1,
      data: ['blue-data'],
      deployedFrom: 'host:/srv/ecp/blue.tfstate',
    },
    { name: 'green', engine: 'rehearsal', servers: 1, healthy: 1, data: [], deployedFrom: '' },
    { name: 'old', engine: '', servers: 0, healthy: 0, data: ['old-data'], deployedFrom: '' },
    {
      name: 'removed',
      engine: '',
      servers: 0,
      healthy: 0,
      data: ['removed-data'],
      deployedFrom: 'host:/srv/ecp/removed.tfstate',
    },
  ]);
});

test('the data of a cluster is in the volume that its data server has, whatever its name', () => {
  const volumes = [
    { Name: 'stock', Labels: null },
    { Name: 'blue-data', Labels: null },
  ];
  const [found] = clustersAmong([server('blue', 'data-server', 'healthy', 'stock')], volumes);
  expect(found?.data).toEqual(['stock']);
});
