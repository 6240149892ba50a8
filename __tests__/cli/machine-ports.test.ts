import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { portProblems, publishes, requirePorts } from '../../cli/machine/ports';
import { fakeProgram, removeFolders, restoreEnvironment, temporaryFolder, useOnly } from './machine-fakes';

/** A docker command with one running container. */
function fakeContainer(cluster: string, name: string, ports: string): void {
  const folder = temporaryFolder();
  fakeProgram(
    folder,
    'docker',
    `case $1 in ps) printf '%s\\t%s\\t%s\\n' '${cluster}' '${name}' '${ports}';; version) echo 1.41 20.10;; esac`,
  );
  useOnly(folder);
}

async function occupied<T>(host: string, work: (port: number) => Promise<T>): Promise<T> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, host, resolve));
  try {
    return await work((server.address() as AddressInfo).port);
  } finally {
    server.close();
  }
}

afterEach(() => {
  restoreEnvironment();
  removeFolders();
});

test.each(['127.0.0.1', '0.0.0.0'])('a program that listens on %s holds the port', async host => {
  fakeContainer('other', 'other-data-server', '1972/tcp');
  await occupied(host, async port => {
    expect(await portProblems('ecp', [port])).toEqual([
      `Port ${port} on 127.0.0.1 is held by another program: stop it, or choose another web port (ECP_DATA_SERVER_WEB_PORT, ECP_APP_SERVER_WEB_PORT_BASE)`,
    ]);
  });
});

test('the program is named where ss can tell', async () => {
  const folder = temporaryFolder();
  fakeProgram(folder, 'ss', `echo 'LISTEN 0 511 127.0.0.1:80 0.0.0.0:* users:(("nginx",pid=42,fd=6))'`);
  useOnly(folder);
  await occupied('127.0.0.1', async port => {
    expect((await portProblems('ecp', [port]))[0]).toContain("held by the program 'nginx' (process 42)");
  });
});

test('a port that was free a moment ago is free', async () => {
  fakeContainer('other', 'other-data-server', '1972/tcp');
  const port = await occupied('127.0.0.1', free => Promise.resolve(free));
  expect(await portProblems('ecp', [port])).toEqual([]);
});

test('the cluster’s own containers may hold its ports', async () => {
  await occupied('127.0.0.1', async port => {
    fakeContainer('ecp', 'ecp-data-server', `127.0.0.1:${port}->52773/tcp, 1972/tcp`);
    expect(await portProblems('ecp', [port])).toEqual([]);
  });
});

test('a container of the cluster that comes up between two looks is no stranger', async () => {
  const folder = temporaryFolder();
  await occupied('127.0.0.1', async port => {
    const line = `printf 'ecp\\tecp-app-server-1\\t127.0.0.1:${port}->52773/tcp\\n'`;
    const seen = join(folder, 'seen');
    fakeProgram(
      folder,
      'docker',
      `case $1 in ps) if [ -e ${seen} ]; then ${line}; fi; : >${seen};; version) echo 1.41 20.10;; esac`,
    );
    fakeProgram(folder, 'ss', `echo 'LISTEN 0 511 127.0.0.1:80 0.0.0.0:* users:(("docker-proxy",pid=42,fd=6))'`);
    useOnly(folder);
    expect(await portProblems('ecp', [port])).toEqual([]);
  });
});

test('the container of another cluster is named', async () => {
  fakeContainer('demo', 'demo-data-server', '127.0.0.1:81->52773/tcp');
  await expect(requirePorts('ecp', [81])).rejects.toThrow(
    "Port 81 is published by the container 'demo-data-server' of the cluster 'demo': stop that container, or choose another web port (ECP_DATA_SERVER_WEB_PORT, ECP_APP_SERVER_WEB_PORT_BASE)",
  );
});

test.each([
  ['127.0.0.1:81->52773/tcp, 1972/tcp', true],
  ['0.0.0.0:81->80/tcp', true],
  ['[::]:81->80/tcp', true],
  [':::81->80/tcp', true],
  ['0.0.0.0:80-82->80-82/tcp', true],
  ['10.0.0.1:81->80/tcp', false],
  ['0.0.0.0:8181->81/tcp', false],
  ['0.0.0.0:81->81/udp', false],
  ['81/tcp', false],
  ['', false],
])('the container’s ports %p publish 81 on the loopback address: %s', (ports, expected) => {
  expect(publishes(ports, 81)).toBe(expected);
});
