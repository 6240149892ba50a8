import { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { TerraformVariable, type TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  EcpAppServer,
  EcpArbiter,
  EcpCluster,
  EcpDataServer,
  EcpNetwork,
  EcpPki,
  Swarm,
  type EcpClusterProps,
  type EcpImage,
  type EcpMirrorOptions,
} from '../constructs';
import { REHEARSAL_ENGINE } from '../constructs/private/engines';
import { selfSigned } from './self-signed';
import { SURROUNDINGS, container, deliveredFiles, emptyStack, labels, resources, synth } from './synth';

const image: EcpImage = { ...SURROUNDINGS.image, features: { mirrors: true, readOnlyClients: true } };
const { network, pki } = SURROUNDINGS;
const MIRROR: EcpMirrorOptions = { name: 'ECP', members: ['data-server-a', 'data-server-b'], arbiter: true };

function clusterOf(props: Partial<EcpClusterProps> = {}): { stack: TerraformStack; cluster: EcpCluster } {
  const stack = emptyStack();
  return { stack, cluster: new EcpCluster(stack, 'cluster', { image, network, pki, mirror: MIRROR, ...props }) };
}

describe('a cluster with a mirror', () => {
  test('has two data servers, an arbiter, and no data server of the usual name', () => {
    const { stack, cluster } = clusterOf();
    const names = Object.values(resources(stack, 'docker_container')).map(({ name }) => name);
    expect(names.filter(name => !String(name).endsWith('-files')).sort()).toEqual([
      'ecp-app-server-1',
      'ecp-app-server-2',
      'ecp-arbiter',
      'ecp-data-server-a',
      'ecp-data-server-b',
    ]);
    expect(cluster.dataServers.map(({ name }) => name)).toEqual(MIRROR.members);
    expect(cluster.dataServer).toBe(cluster.dataServers[0]);
    expect(cluster.arbiter).toBeInstanceOf(EcpArbiter);
  });

  test('tells members and arbiter what the mirror is, and application servers who is in it', () => {
    const { stack } = clusterOf();
    const mirrorOf = (name: string) => container(stack, name).env!.filter(each => each.startsWith('ECP_MIRROR'));
    const whole = ['ECP_MIRROR=ECP', 'ECP_MIRROR_MEMBERS=data-server-a data-server-b', 'ECP_MIRROR_ARBITER=arbiter'];
    for (const name of ['ecp-data-server-a', 'ecp-data-server-b', 'ecp-arbiter']) {
      expect(mirrorOf(name)).toEqual(whole);
      expect(deliveredFiles(stack, name)['mirror-members']).toBe('CN=data-server-a\nCN=data-server-b\nCN=arbiter\n');
    }
    expect(mirrorOf('ecp-app-server-1')).toEqual([whole[1]]);
    expect(deliveredFiles(stack, 'ecp-app-server-1')).not.toHaveProperty('mirror-members');
  });

  test('has no arbiter unless asked for', () => {
    const { stack, cluster } = clusterOf({ mirror: { ...MIRROR, arbiter: undefined } });
    expect(cluster.arbiter).toBeUndefined();
    expect(container(stack, 'ecp-data-server-a').env).not.toContainEqual(expect.stringContaining('ARBITER'));
    expect(deliveredFiles(stack, 'ecp-data-server-b')['mirror-members']).toBe('CN=data-server-a\nCN=data-server-b\n');
  });

  test('has one container for its backups, which shares a volume with both members and starts after them', () => {
    const { stack, cluster } = clusterOf();
    const [before] = [container(stack, 'ecp-data-server-b').volumes as unknown[]];
    cluster.addBackup({ repository: { volume: 'kept' }, passwordFile: __filename });
    const mount = { container_path: '/backup', volume_name: 'ecp-backup' };
    for (const name of ['ecp-data-server-a', 'ecp-data-server-b', 'ecp-backup'])
      expect(container(stack, name).volumes).toContainEqual(expect.objectContaining(mount));
    expect(container(stack, 'ecp-data-server-b').volumes).toEqual([...before, mount]);
    const { depends_on: after } = container(stack, 'ecp-backup') as unknown as { depends_on: string[] };
    for (const member of ['data-server-a', 'data-server-b'])
      expect(after).toContainEqual(expect.stringContaining(`cluster_${member}_`));
  });

  test('marks the connection of application servers, at the address of the first member', () => {
    const { stack } = clusterOf();
    const config = JSON.parse(deliveredFiles(stack, 'ecp-app-server-1')['config.json']!) as {
      ECPServers: Record<string, Record<string, unknown>>;
    };
    expect(config.ECPServers).toEqual({
      'data-server-a': {
        ...{ Name: 'data-server-a', Address: 'data-server-a', Port: '1972', SSLConfig: '1' },
        MirrorConnection: 1,
      },
    });
    const plain = JSON.parse(
      deliveredFiles(clusterOf({ mirror: undefined }).stack, 'ecp-app-server-1')['config.json']!,
    );
    expect(JSON.stringify(plain)).not.toContain('MirrorConnection');
  });

  test('each member has data of its own, the first that of a cluster without a mirror', () => {
    const { stack, cluster } = clusterOf();
    const dataOf = (name: string) =>
      (container(stack, name).volumes as { container_path: string; volume_name: string }[]).find(
        ({ container_path }) => container_path === '/durable',
      )?.volume_name;
    expect(dataOf('ecp-data-server-a')).toBe('ecp-data');
    expect(dataOf('ecp-data-server-b')).toBe('ecp-data-server-b.data');
    expect(dataOf('ecp-arbiter')).toBeUndefined();
    expect(clusterOf({ mirror: undefined }).cluster.dataServer.dataVolumeName).toBe('ecp-data');
    expect(cluster.outputs.mirror).toEqual({
      name: 'ECP',
      members: { 'data-server-a': 'ecp-data-server-a', 'data-server-b': 'ecp-data-server-b' },
      dataVolumes: { 'data-server-a': 'ecp-data', 'data-server-b': 'ecp-data-server-b.data' },
      arbiter: 'ecp-arbiter',
    });
    expect(clusterOf({ mirror: undefined }).cluster.outputs).not.toHaveProperty('mirror');
  });

  test('a volume of another name is the first member’s', () => {
    const { cluster } = clusterOf({ dataServerOptions: { dataVolume: 'ledger' } });
    expect(cluster.dataServers.map(({ dataVolumeName }) => dataVolumeName)).toEqual([
      'ledger',
      'ecp-data-server-b.data',
    ]);
  });

  test('starts the arbiter, then both members at once, then application servers', () => {
    const { stack } = clusterOf();
    const after = (name: string) =>
      (container(stack, name).depends_on ?? []).filter(each => !each.includes('delivery'));
    expect(after('ecp-arbiter')).toEqual([]);
    for (const name of ['ecp-data-server-a', 'ecp-data-server-b'])
      expect(after(name)).toEqual([expect.stringContaining('cluster_arbiter_')]);
    expect(after('ecp-app-server-2')).toEqual([
      expect.stringContaining('cluster_data-server-a_'),
      expect.stringContaining('cluster_data-server-b_'),
    ]);
  });

  test('both members admit the same application servers, whichever was asked', () => {
    const { stack, cluster } = clusterOf();
    cluster.addAppServer('batch');
    cluster.dataServers[1]!.allowFrom('nightly');
    cluster.dataServers[1]!.grantRead('reports');
    cluster.dataServers[0]!.grantRead('audit');
    cluster.dataServers[1]!.grantWrite('audit');
    const clientsOf = (name: string) => deliveredFiles(stack, name)['authorized-clients'];
    expect(clientsOf('ecp-data-server-a')).toBe(clientsOf('ecp-data-server-b'));
    expect(clientsOf('ecp-data-server-b')).toMatch(/CN=batch\nCN=nightly\nread-only CN=reports\nCN=audit\n$/);
    expect(cluster.dataServers[1]!.admittedNames).toEqual(cluster.dataServer.admittedNames);
    expect(deliveredFiles(stack, 'ecp-arbiter')).not.toHaveProperty('authorized-clients');
  });

  test('the arbiter is hardened as a server, publishes nothing and keeps nothing', () => {
    const arbiter = container(clusterOf({ labels: { 'org.example.team': 'data' } }).stack, 'ecp-arbiter');
    expect(arbiter).toMatchObject({
      user: '51773',
      read_only: true,
      capabilities: { drop: ['ALL'] },
      security_opts: ['no-new-privileges'],
      memory: 64,
      memory_swap: 64,
      hostname: 'arbiter',
      networks_advanced: [{ name: 'network-id', aliases: ['arbiter'] }],
    });
    expect(arbiter.ports).toBeUndefined();
    expect(labels(arbiter)).toMatchObject({
      'ecp.cluster': 'ecp',
      'ecp.role': 'arbiter',
      'ecp.server': 'arbiter',
      'org.example.team': 'data',
    });
    expect(arbiter.volumes).toHaveLength(1);
  });

  test('members publish a web port each, or none', () => {
    const portsOf = (cluster: Partial<EcpClusterProps>) => clusterOf(cluster).cluster.publishedWebPorts.slice(0, 2);
    expect(portsOf({})).toEqual([81, 82]);
    expect(portsOf({ dataServerOptions: { webPort: 9001 } })).toEqual([9001, 9002]);
    expect(portsOf({ dataServerOptions: { webPort: undefined }, appServers: [] })).toEqual([]);
    expect(() => clusterOf({ dataServerOptions: { webPort: 8100 } })).toThrow(
      "'webPort' must be different for each server, got 8101 for 'app-server-1', which 'data-server-b' has",
    );
  });

  test('certificates of members and arbiter serve both uses, those of application servers one', () => {
    const { stack } = clusterOf({ pki: undefined });
    const uses = Object.fromEntries(
      Object.entries(resources(stack, 'tls_locally_signed_cert')).map(([id, each]) => [
        id.replace(/^cluster_pki_(.*)_[0-9A-F]{8}$/, '$1'),
        each.allowed_uses,
      ]),
    );
    const both = ['digital_signature', 'server_auth', 'client_auth', 'key_encipherment'];
    expect(uses).toEqual({
      arbiter: both,
      'data-server-a': both,
      'data-server-b': both,
      'app-server-1': ['digital_signature', 'client_auth'],
      'app-server-2': ['digital_signature', 'client_auth'],
    });
    const names = Object.values(resources(stack, 'tls_cert_request')).map(each => each.dns_names);
    expect(names).toContainEqual(['data-server-b', 'ecp-data-server-b']);
    expect(names).toContainEqual(['arbiter', 'ecp-arbiter']);
  });

  test('Terraform takes the first member for the data server of before, and stops that before', () => {
    const moved = (props: Partial<EcpClusterProps>): unknown =>
      (synth(clusterOf(props).stack) as { moved?: unknown }).moved;
    expect(moved({})).toContainEqual({
      from: expect.stringMatching(/^docker_container\.cluster_data-server_[0-9A-F]{8}$/) as string,
      to: expect.stringMatching(/^docker_container\.cluster_data-server-a_[0-9A-F]{8}$/) as string,
    });
    expect(moved({ mirror: undefined })).toBeUndefined();
    expect(moved({ mirror: { ...MIRROR, members: ['data-server', 'second'] } })).toBeUndefined();
  });

  test('also below another construct', () => {
    const stack = emptyStack();
    new EcpCluster(new Construct(stack, 'platform'), 'cluster', { image, network, pki, mirror: MIRROR });
    expect((synth(stack) as { moved?: unknown }).moved).toContainEqual(
      expect.objectContaining({
        from: expect.stringContaining('docker_container.platform_cluster_data-server_') as string,
      }),
    );
  });

  test('is watched whole, without the arbiter', () => {
    const { stack } = clusterOf({ monitoring: {} });
    const targets = JSON.parse(deliveredFiles(stack, 'ecp-prometheus')['targets.json']!) as {
      labels: Record<string, string>;
    }[];
    expect(targets.map(each => [each.labels.server, each.labels.role])).toEqual([
      ['data-server-a', 'data-server'],
      ['data-server-b', 'data-server'],
      ['app-server-1', 'app-server'],
      ['app-server-2', 'app-server'],
    ]);
  });
});

describe('a mirror of hand-built parts', () => {
  test('needs no cluster', () => {
    const stack = emptyStack();
    const common = { ...SURROUNDINGS, image, mirror: MIRROR };
    const arbiter = new EcpArbiter(stack, 'arbiter', common);
    const { dependsOn: after } = arbiter;
    const first = new EcpDataServer(stack, 'a', { ...common, name: 'data-server-a', after });
    new EcpDataServer(stack, 'b', { ...common, name: 'data-server-b', after, admitsLike: first });
    new EcpAppServer(stack, 'app', { ...common, name: 'app-server-1', dataServer: first });
    expect(container(stack, 'ecp-app-server-1').env).toContain('ECP_MIRROR_MEMBERS=data-server-a data-server-b');
    expect(container(stack, 'ecp-data-server-b').depends_on).toContainEqual(expect.stringContaining('arbiter_'));
    expect(arbiter.container).toBe(arbiter.resource);
    expect(arbiter.startTimeoutSec).toBe(120);
  });
});

describe('a mirror is refused', () => {
  const sentence = (props: Partial<EcpClusterProps>): string => {
    try {
      clusterOf(props);
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error('nothing was refused');
  };
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ecp-mirror-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const members = (...names: string[]): Partial<EcpClusterProps> => ({
    mirror: { ...MIRROR, members: names as unknown as EcpMirrorOptions['members'] },
  });

  test.each<[string, () => Partial<EcpClusterProps>, string]>([
    [
      'for an engine without mirrors',
      () => ({ image: { ...image, engine: 'iris', features: {} } }),
      "'mirror' must be left out for the engine 'iris', whose mirrors this package does not set up, got 'ECP'; take it out",
    ],
    [
      'under a name that IRIS would not take',
      () => ({ mirror: { ...MIRROR, name: 'my mirror' } }),
      "'mirror' must have a name of 1 to 15 letters and digits, the first a letter, got 'my mirror'; choose another",
    ],
    [
      'with three members',
      () => members('a', 'b', 'c'),
      `'mirror' must have two members, got ["a","b","c"]; name two data servers, such as 'data-server-a' and 'data-server-b'`,
    ],
    [
      'with one member twice',
      () => members('a', 'a'),
      "'mirror' must have two different members, got 'a' twice; rename one of the two",
    ],
    [
      'with a member that is no host name',
      () => members('a', 'B_1'),
      "'mirror' must be 1 to 63 characters of a-z, 0-9 and '-', with a letter or digit at both ends (it becomes a host name), got 'B_1'",
    ],
    ...['arbiter', 'backup', 'entry-point', 'prometheus', 'pki', 'a-files', 'a-web'].map(
      (name): [string, () => Partial<EcpClusterProps>, string] => [
        `with a member called ${name}`,
        () => members('a', name),
        `'mirror' must not name a member like another part of the cluster, got '${name}'; choose another, such as 'data-server-a'`,
      ],
    ),
    [
      'with a member that is called like an application server',
      () => members('app-server-1', 'b'),
      "'mirror' must leave names of the form 'app-server-N' to application servers, got 'app-server-1'; choose another, such as 'data-server-a'",
    ],
    [
      'with an application server that is called like a member',
      () => ({ appServers: ['data-server-b'] }),
      "'appServers' must name application servers, got 'data-server-b', the data server",
    ],
    [
      'with an application server that is called like the arbiter',
      () => ({ appServers: ['arbiter'] }),
      "'appServers' must not use the names of the cluster's other parts, got 'arbiter'; choose another",
    ],
    [
      'beside web gateways',
      () => ({ webGateway: { cpus: 1 } }),
      "'webGateway' must be left out of a cluster with a mirror, whose servers are on one Docker host and publish their own web ports, got it beside the mirror 'ECP'; take one of the two out",
    ],
    [
      'on several hosts',
      () => ({ hosts: { 'data-server-a': new DockerProvider(emptyStack(), 'far', { alias: 'far' }) } }),
      "'hosts' must be left out of a cluster with a mirror, whose servers are on one Docker host and publish their own web ports, got it beside the mirror 'ECP'; take one of the two out",
    ],
    [
      'on a swarm',
      () => ({ platform: new Swarm(emptyStack(), 'swarm') }),
      "'mirror' must be left out on a swarm, which would move members away from their data, got 'ECP'; take it out, or use a DockerHost",
    ],
    [
      "beside backups in a member's data volume",
      () => ({ backup: { repository: { volume: 'ecp-data-server-b.data' }, passwordFile: __filename } }),
      "'repository' must be a volume of its own, got 'ecp-data-server-b.data', which the data server uses",
    ],
    [
      'with data that goes with the cluster',
      () => ({ dataServerOptions: { dataRetention: 'destroy' } }),
      "'dataRetention' must be 'retain' in a mirror, where a plan that takes the mirror off would remove the data, got 'destroy'; take it out",
    ],
    [
      'with a published data server',
      () => ({ dataServerOptions: { publish: { address: 'data.example.org' } } }),
      `'publish' must be left out in a mirror, whose members share nothing but the network, got {"address":"data.example.org"}; take it out`,
    ],
    [
      'with volumes that both would have',
      () => ({ dataServerOptions: { volumes: { '/more': 'more' } } }),
      `'volumes' must be left out in a mirror, whose members share nothing but the network, got {"/more":"more"}; take it out`,
    ],
    [
      'with a config file that does not name the first member',
      () => {
        const file = join(folder, 'app-server.json');
        const ECPServers = { far: { Address: 'far.example.org', SSLConfig: 1 } };
        writeFileSync(file, JSON.stringify({ 'Security.SSLConfigs': { '%ECPClient': { VerifyPeer: 1 } }, ECPServers }));
        return { appServerOptions: { configFile: file } };
      },
      "' /ECPServers: must have an entry whose Address is the first member 'data-server-a' where 'mirror' is set, got [\"far.example.org\"]; use ${DATASERVER_IP}",
    ],
    [
      'with a config file that marks another data server',
      () => {
        const file = join(folder, 'marked.json');
        const ECPServers = { far: { Address: 'far.example.org', SSLConfig: 1, MirrorConnection: '1' } };
        writeFileSync(file, JSON.stringify({ 'Security.SSLConfigs': { '%ECPClient': { VerifyPeer: 1 } }, ECPServers }));
        return { appServerOptions: { configFile: file } };
      },
      `' /ECPServers/far/MirrorConnection: must be left to 'mirror' of EcpCluster, which the address is no member of, got "1"; take it out`,
    ],
    [
      'with a database of another mirror',
      () => ({
        appServerOptions: {
          remoteDatabases: [
            { name: 'STOCK', globals: ['Stock'], dataServer: { name: 'x', host: 'x', port: 1972, mirror: MIRROR } },
          ],
        },
      }),
      "'remoteDatabases' must be of data servers without a mirror, got 'STOCK' of the mirror 'ECP'; map its globals in 'configFile' of the mirror's own application servers",
    ],
    [
      'with a database in another network',
      () => ({
        appServerOptions: {
          remoteDatabases: [
            {
              name: 'STOCK',
              globals: ['Stock'],
              network: { networkId: 'n' },
              dataServer: { name: 'x', host: 'x', port: 1972 },
            },
          ],
        },
      }),
      "'remoteDatabases' must be in the network of the mirror 'ECP', whose members may have names there that another network has too, got 'STOCK' in another; let one network have both",
    ],
    [
      'with another data server, which an application server of the rehearsal engine cannot use beside a mirror',
      () => ({
        image: { ...image, checkConfig: REHEARSAL_ENGINE.checkConfig },
        appServerOptions: {
          remoteDatabases: [{ name: 'STOCK', globals: ['Stock'], dataServer: { name: 'x', host: 'x', port: 1972 } }],
        },
      }),
      "/ECPServers: must have no entry beside the mirror 'ECP' for the rehearsal engine, got 2; take out what is too many",
    ],
    [
      'in a subnet without room',
      () => ({
        network: new EcpNetwork(emptyStack(), 'network', { clusterName: 'ecp', subnet: '172.28.0.0/29' }),
        appServers: ['a', 'b', 'c'],
      }),
      "'subnet' must have room for 6 containers, got '172.28.0.0/29' with 5 addresses beside Docker's own three; choose a larger one",
    ],
  ])('%s', (_, props, expected) => {
    expect(sentence(props())).toContain(expected);
  });

  test('with a name or a port that is known at apply', () => {
    const later = new TerraformVariable(emptyStack(), 'later', {});
    expect(sentence({ mirror: { ...MIRROR, name: later.stringValue } })).toBe(
      "'mirror' must be known at synth, got a value of another resource",
    );
    expect(sentence({ dataServerOptions: { webPort: later.numberValue } })).toBe(
      "'webPort' must be known at synth, got a value of another resource",
    );
  });

  test('by a data server that is no member of it', () => {
    expect(() => new EcpDataServer(emptyStack(), 'c', { ...SURROUNDINGS, image, mirror: MIRROR })).toThrow(
      "'name' must be that of a member of 'mirror', got 'data-server' beside data-server-a and data-server-b; correct one of the two",
    );
  });

  test('with a certificate of one use', () => {
    const existing = (...uses: ('server' | 'client')[]) => {
      const { certificate, key } = selfSigned('data-server-a', ['data-server-a'], uses);
      const own = EcpPki.fromExistingCertificates(emptyStack(), 'pki', {
        certificates: {
          'data-server-a': { certificatePem: certificate, privateKeyPem: key, caBundlePem: certificate },
        },
      });
      return () =>
        new EcpDataServer(emptyStack(), 'a', {
          ...SURROUNDINGS,
          image,
          mirror: MIRROR,
          pki: own,
          name: 'data-server-a',
        });
    };
    expect(existing('server')).toThrow(
      "'certificatePem' must hold a certificate for both TLS server and client authentication in a mirror, got the value for 'data-server-a' for 'data-server-a', which is for one; have it issued for both",
    );
    expect(existing('server', 'client')).not.toThrow();
    expect(existing()).not.toThrow();
  });
});
