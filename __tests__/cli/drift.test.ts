import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Limit } from '../../app/machine-facts';
import { readListing } from '../../cli/access/delivered-files';
import type { ContainerFacts } from '../../cli/access/docker';
import type { Server } from '../../cli/access/servers';
import { compareFiles } from '../../cli/drift/file-drift';
import { deliveriesToRepeat, haltedServers, healedLines } from '../../cli/drift/heal';
import { networkDrift } from '../../cli/drift/network-drift';
import { stateDrift } from '../../cli/drift/state-drift';
import { containersKnown } from '../../cli/terraform/known-containers';
import type { ContainerInState } from '../../cli/terraform/terraform';
import { recorded } from './recorded-reports';

type Networks = ContainerFacts['NetworkSettings']['Networks'];

function server(networks: Networks = {}, changes: Partial<ContainerFacts> = {}): Server {
  const facts = {
    Id: 'id',
    Name: '/ecp-app-server-1',
    Image: 'sha256:image',
    State: { Running: true, Paused: false, ExitCode: 0 },
    Config: { Labels: { 'ecp.web': '127.0.0.1:8101' }, Env: ['ECP_ROLE=app-server', 'PATH=/bin'] },
    HostConfig: { Memory: 128 * 1024 ** 2, CpuShares: 1024, RestartPolicy: { Name: 'unless-stopped' } },
    NetworkSettings: { Networks: networks, Ports: {} },
    ...changes,
  } as unknown as ContainerFacts;
  return { name: 'app-server-1', role: 'app-server', container: 'ecp-app-server-1', facts };
}

describe('networks', () => {
  const own = { id: 'abc', name: 'ecp' };
  const connected = (name: string, id: string): Networks => ({ [name]: { NetworkID: id, IPAddress: '' } });

  test('that are as deployed are no difference', () => {
    expect(networkDrift(server(connected('ecp', 'abc')), own, {})).toEqual([]);
  });

  test('that are not: the cluster’s is missing, another one is there', () => {
    expect(networkDrift(server(connected('office', 'def')), own, { networks_advanced: [{ name: 'abc' }] })).toEqual([
      {
        server: 'app-server-1',
        what: "it is disconnected from the network 'ecp'",
        docker: ['network', 'connect', '--alias', 'app-server-1', 'abc', 'ecp-app-server-1'],
      },
      {
        server: 'app-server-1',
        what: "it is connected to the network 'office', which is not the cluster's",
        docker: ['network', 'disconnect', 'office', 'ecp-app-server-1'],
      },
    ]);
  });

  test('of somebody else: any will do, none will not', () => {
    expect(networkDrift(server(connected('office', 'def')), undefined, {})).toEqual([]);
    expect(networkDrift(server(), undefined, {})).toEqual([
      { server: 'app-server-1', what: 'the container is connected to no network' },
    ]);
  });
});

describe('further networks', () => {
  const own = { id: 'abc', name: 'ecp' };
  const both = server({ ecp: { NetworkID: 'abc', IPAddress: '' }, office: { NetworkID: 'def', IPAddress: '' } });

  test.each(['office', 'def'])('that the code asked for, as %s, are no difference', name => {
    expect(networkDrift(both, own, { networks_advanced: [{ name: 'abc' }, { name }] })).toEqual([]);
  });

  test('are a difference when it did not, and unknown without a state', () => {
    expect(networkDrift(both, own, { networks_advanced: [{ name: 'abc' }] })).toHaveLength(1);
    expect(networkDrift(both, own, undefined)).toEqual([]);
  });
});

describe('files', () => {
  const hash = (letter: string): string => letter.repeat(64);
  const list = `${hash('a')}  config.json\n${hash('b')}  pki/key.pem\n`;
  const look = (now: string, noted = list): string => `.0123\n=\n${noted}=\n${now}complete\n`;

  test('that are as delivered are no difference', () => {
    expect(compareFiles(readListing(look(list)), '0123')).toEqual([]);
    expect(compareFiles(readListing(look(list)), undefined)).toEqual([]);
  });

  test.each([
    ['changed', `${hash('c')}  config.json\n${hash('b')}  pki/key.pem\n`, 'config.json was changed by hand'],
    ['unreadable', `${hash('a')}  config.json\n`, 'pki/key.pem was removed or made unreadable by hand'],
    ['added', `${list}${hash('d')}  x\n${hash('d')}  y\n`, 'x, y were added by hand'],
  ])('that are %s are named', (_, now, sentence) => {
    expect(compareFiles(readListing(look(now)), '0123')).toEqual([sentence]);
  });

  test('of another delivery than the last are one difference', () => {
    expect(compareFiles(readListing(look('')), '4567')).toEqual([
      "its files are not those that were delivered (shown is '0123', delivered was '4567')",
    ]);
  });

  test.each(['', '.0123\n=\n', `.0123\n=\n${list}=\n${hash('c')}  config.json\n`])(
    'are not judged by a look that was cut short: %j',
    look => {
      expect(compareFiles(readListing(look), '4567')).toEqual([]);
    },
  );

  test('of a delivery that left no list cannot be compared', () => {
    expect(compareFiles(readListing(look(list, '')), '0123')).toEqual([]);
  });
});

describe('the state', () => {
  const known: ContainerInState = {
    id: 'id',
    name: 'ecp-app-server-1',
    image: 'sha256:image',
    memory: 128,
    cpu_shares: 1024,
    restart: 'unless-stopped',
    env: ['ECP_ROLE=app-server'],
    labels: [{ label: 'ecp.web', value: '127.0.0.1:8101' }],
  };
  const words = (facts: Partial<ContainerFacts>): string[] =>
    stateDrift(server({}, facts), known).map(({ what }) => what);

  test('of the same container is no difference', () => {
    expect(words({})).toEqual([]);
  });

  test('tells what docker update and docker rename did', () => {
    const host = { Memory: 256 * 1024 ** 2, MemorySwap: -1, CpuShares: 2, RestartPolicy: { Name: 'no' } };
    expect(words({ HostConfig: host, Name: '/old' })).toEqual([
      'the memory limit in MiB is 256, deployed was 128',
      'the processor weight is 2, deployed was 1024',
      'the restart policy is no, deployed was unless-stopped',
      "the container is called 'old', deployed was 'ecp-app-server-1'",
    ]);
  });

  test('compares how often a server is restarted', () => {
    const policy = { Name: 'on-failure', MaximumRetryCount: 99 };
    const host = { Memory: 128 * 1024 ** 2, MemorySwap: -1, CpuShares: 1024, RestartPolicy: policy };
    const deployed = { ...known, restart: 'on-failure', max_retry_count: 5 };
    expect(stateDrift(server({}, { HostConfig: host }), deployed).map(({ what }) => what)).toContain(
      'the restart policy is on-failure:99, deployed was on-failure:5',
    );
  });

  test('leaves out what the daemon does not limit', () => {
    const host = { Memory: 0, MemorySwap: -1, CpuShares: 0, RestartPolicy: { Name: 'unless-stopped' } };
    const drift = (...unlimited: Limit[]): string[] =>
      stateDrift(server({}, { HostConfig: host }), known, unlimited).map(({ what }) => what);
    expect(drift()).toHaveLength(2);
    expect(drift('memory')).toEqual(['the processor weight is 0, deployed was 1024']);
    expect(drift('memory', 'cpu_shares')).toEqual([]);
  });

  test('tells in what another container differs, without any value', () => {
    const Config = { Labels: {}, Env: ['ECP_ROLE=secret'] };
    expect(words({ Id: 'other', Image: 'sha256:other', Config })).toEqual([
      'its container was made by hand, not by Terraform: another image, another value of the variable ECP_ROLE, another value of the label ecp.web',
    ]);
    expect(words({ Id: 'other' })).toEqual(['its container was made by hand, not by Terraform']);
  });
});

test('a paused server is unpaused, a stopped one is for the plan', () => {
  const state = (facts: object): Partial<ContainerFacts> => ({ State: facts as ContainerFacts['State'] });
  const paused = server({}, state({ Running: true, Paused: true, ExitCode: 0 }));
  const stopped = server({}, state({ Running: false, Paused: false, ExitCode: 137 }));
  expect(haltedServers([server(), paused, stopped])).toEqual([
    { server: 'app-server-1', what: 'it was paused', docker: ['unpause', 'ecp-app-server-1'] },
    { server: 'app-server-1', what: 'it did not run (exit code 137)' },
  ]);
});

test('deliveries to repeat are found by the names of their containers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ecp-drift-test-'));
  const containers = { one: { name: 'ecp-app-server-1-files' }, two: { name: 'ecp-app-server-1' } };
  writeFileSync(join(folder, 'cdk.tf.json'), JSON.stringify({ resource: { docker_container: containers } }));
  const files = { server: 'app-server-1', what: 'x was changed by hand', redeliver: true };
  expect(deliveriesToRepeat([files, files], folder, 'ecp')).toEqual(['docker_container.one']);
  expect(deliveriesToRepeat([{ ...files, redeliver: undefined }], folder, 'ecp')).toEqual([]);
  rmSync(folder, { recursive: true });
});

describe('a state of the same name', () => {
  let folder: string;
  const container = (id: string): ContainerFacts =>
    server({}, { Id: id, Config: { Labels: { 'ecp.engine': 'rehearsal' }, Env: null } }).facts;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ecp-known-test-'));
    const resources = [
      {
        type: 'docker_container',
        name: 'a',
        instances: [{ attributes: { id: 'one' } }, { attributes: { id: 'gone' } }],
      },
    ];
    writeFileSync(join(folder, 'ecp-rehearsal.tfstate'), JSON.stringify({ version: 4, resources }));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const known = (...ids: string[]): string[] =>
    containersKnown('ecp', ids.map(container), { ECP_STATE_DIR: folder }).map(({ id }) => id);

  test('tells of the cluster when it knows one of its containers, also what is gone', () => {
    expect(known('one')).toEqual(['one', 'gone']);
    expect(known('other', 'one')).toEqual(['one', 'gone']);
  });

  test('of another Docker host, or none, tells nothing', () => {
    expect(known('other')).toEqual([]);
    expect(known()).toEqual([]);
    expect(containersKnown('team', [container('one')], { ECP_STATE_DIR: folder })).toEqual([]);
  });
});

test('healed is what is Normal and as it was deployed afterwards', () => {
  const [first, second, third] = recorded('healthy').report.servers;
  const servers = [first!, { ...second!, state: 'Failed' }, { ...third!, drift: ['its container is gone'] }];
  const names = [...servers.map(each => each.server.name), 'app-server-9'];
  expect(
    healedLines(
      names.map(name => ({ server: name, what: 'x' })),
      { servers },
    ),
  ).toEqual(['healed data-server: x']);
});
