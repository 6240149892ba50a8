import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EcpCluster, IrisImage, type EcpClusterProps, type EcpMirrorOptions, type IrisImageProps } from '../constructs';
import { SURROUNDINGS, container, deliveredFiles, emptyStack, resources } from './synth';

const { network, pki } = SURROUNDINGS;
const MIRROR: EcpMirrorOptions = { name: 'Ecp', members: ['data-server-a', 'data-server-b'], arbiter: true };

let folder: string;
let licenseKeyFile: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ecp-iris-mirror-'));
  licenseKeyFile = join(folder, 'iris.key');
  writeFileSync(licenseKeyFile, 'the licence\n');
});
afterEach(() => rmSync(folder, { recursive: true }));

function stackOf(props: Partial<EcpClusterProps> = {}, imageProps: Partial<IrisImageProps> = {}) {
  const stack = emptyStack();
  const image = new IrisImage(stack, 'image', { licenseKeyFile, ...imageProps });
  new EcpCluster(stack, 'cluster', { image, network, pki, mirror: MIRROR, ...props });
  return stack;
}

/** The action of a member's merge file, as its properties. */
function actionOf(stack: ReturnType<typeof stackOf>, name: string): Record<string, string> {
  const { 'merge.cpf': merge = '' } = deliveredFiles(stack, name);
  const [, action = ''] = /^\[Actions\]\nConfigMirror:(.*)$/m.exec(merge) ?? [];
  return Object.fromEntries(action.split(',').map(part => part.split('=') as [string, string]));
}

describe('a mirror on InterSystems IRIS', () => {
  test('is made by the first member and joined by the second, over TLS and with the arbiter of the cluster', () => {
    const stack = stackOf();
    const first = {
      ...{ Name: 'ECP', Member: 'primary', Primary: 'data-server-a', SystemName: 'DATA-SERVER-A', UseSSL: '1' },
      ...{ SSLDir: '/opt/ecp/mirror-tls', ECPAddress: 'data-server-a', ArbiterURL: 'arbiter:2188' },
    };
    expect(actionOf(stack, 'ecp-data-server-a')).toEqual(first);
    expect(actionOf(stack, 'ecp-data-server-b')).toEqual({
      ...first,
      ...{ Member: 'backup', SystemName: 'DATA-SERVER-B', ECPAddress: 'data-server-b' },
    });
    expect(deliveredFiles(stack, 'ecp-app-server-1')['merge.cpf']).not.toContain('Mirror');
  });

  test('members have the same MaxServerConn, and share no volume', () => {
    const stack = stackOf({ dataServerOptions: { maxAppServers: 7 } });
    const volumes = ['a', 'b'].map(letter => {
      expect(deliveredFiles(stack, `ecp-data-server-${letter}`)['merge.cpf']).toContain('MaxServerConn=7\n');
      const server = container(stack, `ecp-data-server-${letter}`);
      expect(server.env).toContain('ISC_DATA_DIRECTORY=/durable/iris');
      const volumes = server.volumes as { container_path: string; volume_name: string }[];
      return volumes.find(each => each.container_path === '/durable')!.volume_name;
    });
    expect(new Set(volumes).size).toBe(2);
  });

  test('the arbiter is the same image without key, password, merge file and memory of a database', () => {
    const stack = stackOf();
    expect(Object.keys(deliveredFiles(stack, 'ecp-arbiter')).sort()).toEqual([
      ...['config.json', 'mirror-members', 'pki/ca.pem', 'pki/cert.pem', 'pki/key.pem'],
    ]);
    const { memory, env, image } = container(stack, 'ecp-arbiter');
    expect(memory).toBe(64);
    expect(env).not.toContainEqual(expect.stringMatching(/^(ISC_|ECP_MAX_CONNECTIONS)/));
    expect(image).toBe(container(stack, 'ecp-data-server-a').image);
  });

  test('application servers follow it, and find databases by their names in it', () => {
    const { ECPServers, Databases } = JSON.parse(
      deliveredFiles(stackOf(), 'ecp-app-server-1')['config.json']!,
    ) as Record<string, Record<string, Record<string, unknown>>>;
    expect(ECPServers!['data-server-a']).toMatchObject({ MirrorConnection: 1 });
    expect(Databases!.myappdata).toMatchObject({ Directory: ':mirror:ECP:MYAPPDATA', Server: 'data-server-a' });
  });

  test('an arbiter elsewhere is an address', () => {
    const mirror = { ...MIRROR, arbiter: false };
    for (const [arbiterAddress, url] of [
      ['arbiter.example.org', 'arbiter.example.org:2188'],
      ['192.0.2.7:12188', '192.0.2.7:12188'],
    ] as const) {
      const stack = stackOf({ mirror }, { arbiterAddress });
      expect(actionOf(stack, 'ecp-data-server-b').ArbiterURL).toBe(url);
    }
    expect(actionOf(stackOf({ mirror }), 'ecp-data-server-a')).not.toHaveProperty('ArbiterURL');
  });

  test('each server can have a web gateway', () => {
    const stack = stackOf({ webGateway: {} });
    const names = Object.values(resources(stack, 'docker_container')).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['ecp-data-server-a-web', 'ecp-data-server-b-web']));
  });

  test('the actions of an own merge file come after it', () => {
    const cpfMergeFile = join(folder, 'own.cpf');
    writeFileSync(cpfMergeFile, '[Actions]\nCreateResource:Name=%Mine\n');
    const { 'merge.cpf': merge } = deliveredFiles(stackOf({}, { cpfMergeFile }), 'ecp-data-server-a');
    expect(merge).toMatch(/\[Actions\]\nConfigMirror:.*\nCreateResource:Name=%Mine\n/);
  });

  test.each<[string, Partial<EcpClusterProps>, () => Partial<IrisImageProps>, string]>([
    [
      'a release whose backups copy nothing',
      {},
      () => ({ baseImage: 'containers.intersystems.com/intersystems/iris:2024.3' }),
      "'mirror' must be left out for InterSystems IRIS before 2025.1, where a new backup does not copy databases by itself, got 'Ecp' with 'containers.intersystems.com/intersystems/iris:2024.3'; take it out, or choose a newer release",
    ],
    [
      'backups',
      { backup: { repository: { volume: 'kept' }, passwordFile: __filename } },
      () => ({}),
      "'backup' must be left out of a mirror of the engine 'iris', of which this package takes no backups yet, got it beside the mirror 'Ecp'; take one of the two out",
    ],
    [
      'another key',
      { pki: undefined, keyAlgorithm: 'ECDSA' },
      () => ({}),
      "'keyAlgorithm' must be 'RSA' in a mirror of InterSystems IRIS, whose action ConfigMirror has no place for another key type, got 'ECDSA'; choose RSA",
    ],
    [
      'two arbiters',
      {},
      () => ({ arbiterAddress: 'arbiter.example.org' }),
      "'arbiterAddress' must be left out where 'mirror' has an arbiter of its own, got 'arbiter.example.org:2188'; take it out, or set 'arbiter' of the mirror to false",
    ],
    [
      'no address',
      {},
      () => ({ arbiterAddress: 'http://x' }),
      "'arbiterAddress' must be a host name or address, with or without a port, got 'http://x'; such as arbiter.example.org:2188",
    ],
    [
      'a long name',
      { mirror: { ...MIRROR, members: ['a', 'a-data-server-with-a-name-of-33-c'] } },
      () => ({}),
      "'mirror' must name members of InterSystems IRIS with at most 32 characters, got 'a-data-server-with-a-name-of-33-c'; choose a shorter name",
    ],
    [
      'a volume for journals, which both members would have',
      { dataServerOptions: { journalVolume: 'journals' } },
      () => ({}),
      `'journalVolume' must be left out in a mirror, whose members share nothing but the network, got "journals"; take it out`,
    ],
    [
      'an own action',
      {},
      () => {
        const cpfMergeFile = join(folder, 'own.cpf');
        writeFileSync(cpfMergeFile, '[Actions]\nModifyMirror:Name=ECP\n');
        return { cpfMergeFile };
      },
      "must be left out: a mirror is set up by 'mirror' of EcpCluster, and requires TLS",
    ],
  ])('refuses %s', (_, props, imageProps, sentence) => {
    expect(() => deliveredFiles(stackOf(props, imageProps()), 'ecp-data-server-a')).toThrow(sentence);
  });
});
