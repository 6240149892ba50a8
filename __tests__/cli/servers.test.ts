import type { ContainerFacts } from '../../cli/access/docker';
import { webUrlOf } from '../../cli/access/server-report';
import { dataVolumeOf, serversAmong, whyOutOfReach } from '../../cli/access/servers';

function container(name: string, role: string, server: string, port?: string): ContainerFacts {
  const Ports = port === undefined ? {} : { [port]: [{ HostIp: '127.0.0.1', HostPort: '81' }] };
  return {
    Name: `/${name}`,
    Config: { Labels: { 'ecp.role': role, 'ecp.server': server }, Env: null },
    NetworkSettings: { Networks: {}, Ports },
  } as unknown as ContainerFacts;
}

test('servers are found among all containers of a cluster, the data server first', () => {
  const found = serversAmong([
    container('ecp-app-server-10', 'app-server', 'app-server-10'),
    container('ecp-app-server-2', 'app-server', 'app-server-2'),
    container('ecp-data-server-files', 'delivery', 'data-server'),
    container('ecp-data-server-web', 'web-gateway', 'data-server', '80/tcp'),
    container('ecp-data-server', 'data-server', 'data-server'),
  ]);
  expect(found.map(({ container }) => container)).toEqual(['ecp-data-server', 'ecp-app-server-2', 'ecp-app-server-10']);
});

test('a server’s web pages are at its own port, or at that of its gateway', () => {
  const own = serversAmong([container('ecp-data-server', 'data-server', 'data-server', '52773/tcp')]);
  const behind = serversAmong([
    container('ecp-data-server', 'data-server', 'data-server'),
    container('ecp-data-server-web', 'web-gateway', 'data-server', '80/tcp'),
    container('ecp-app-server-1', 'app-server', 'app-server-1'),
  ]);
  expect(own.map(webUrlOf)).toEqual(['http://127.0.0.1:81/']);
  expect(behind.map(webUrlOf)).toEqual(['http://127.0.0.1:81/', undefined]);
});

test('web pages that are bound to all of the host are shown at an address that a browser can open', () => {
  const facts = container('ecp-data-server', 'data-server', 'data-server');
  const Ports = { '52773/tcp': [{ HostIp: '0.0.0.0', HostPort: '81' }] };
  const open = serversAmong([{ ...facts, NetworkSettings: { Networks: {}, Ports } }]);
  expect(open.map(webUrlOf)).toEqual(['http://127.0.0.1:81/']);
});

test('a container that a task of a swarm has left behind is not for anybody to start', () => {
  const facts = {
    ...container('team-app-server-1.1.x', 'app-server', 'app-server-1'),
    State: { Running: false, Paused: false, Status: 'exited', ExitCode: 0 },
    Config: { Labels: { 'ecp.role': 'app-server', 'com.docker.swarm.service.id': 'abc' }, Env: null },
  } as unknown as ContainerFacts;
  expect(serversAmong([facts]).map(whyOutOfReach)).toEqual([
    'has no running container on the nodes that answer (the last one: exited, exit code 0); its swarm starts another by itself, ./ecp status shows it',
  ]);
});

test('a stopped server that the state here does not know is not for ./ecp up to start', () => {
  const labels = { 'ecp.cluster': 'no-such-cluster', 'ecp.engine': 'rehearsal', 'ecp.role': 'data-server' };
  const facts = {
    ...container('team-data-server', 'data-server', 'data-server'),
    State: { Running: false, Paused: false, Status: 'exited', ExitCode: 0 },
    Config: { Labels: labels, Env: null },
  } as unknown as ContainerFacts;
  expect(serversAmong([facts]).map(whyOutOfReach)).toEqual([
    'does not run (exited, exit code 0); docker start team-data-server starts it',
  ]);
});

test('the data volume of a server is what is mounted at /durable', () => {
  const mount = { Type: 'volume', Name: 'stock', Destination: '/durable', RW: true };
  const facts = container('team-data-server', 'data-server', 'data-server');
  expect(dataVolumeOf({ ...facts, Mounts: [{ ...mount, Name: 'x', Destination: '/backup' }, mount] })).toBe('stock');
  expect(dataVolumeOf({ ...facts, Mounts: [{ ...mount, Type: 'bind', Name: undefined }] })).toBeUndefined();
  expect(dataVolumeOf(facts)).toBeUndefined();
});
