import { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { TlsProvider } from '@cdktf/provider-tls/lib/provider';
import { Testing, type TerraformStack } from 'cdktf';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { EcpCluster, EcpNetwork, EcpPki, RehearsalImage, type EcpClusterProps } from '../constructs';
import { IRIS_ENGINE } from '../constructs/private/engines';
import {
  SURROUNDINGS,
  container,
  deliveredFiles,
  emptyStack,
  identityOf,
  labels,
  resource,
  resources,
  synth,
  type ContainerJson,
} from './synth';

function clusterOf(props: EcpClusterProps = {}) {
  const stack = emptyStack();
  const cluster = new EcpCluster(stack, 'ecp', props);
  return { stack, cluster };
}

function containerNames(stack: TerraformStack): unknown[] {
  return Object.values(resources(stack, 'docker_container')).map(({ name }) => name);
}

/** Each resource as text, by address; without those whose address has `part` in it. */
function resourcesWithout(stack: TerraformStack, part: string): Record<string, string> {
  const all = Object.entries(synth(stack).resource ?? {}).flatMap(([type, each]) =>
    Object.entries(each).map(([id, json]): [string, string] => [`${type}.${id}`, JSON.stringify(json)]),
  );
  return Object.fromEntries(all.filter(([address]) => !address.includes(part)));
}

describe('a cluster', () => {
  test('without properties is one data server and two application servers', () => {
    // WHEN
    const { stack, cluster } = clusterOf();

    // THEN
    expect(containerNames(stack)).toEqual([
      'ecp-app-server-1',
      'ecp-app-server-1-files',
      'ecp-app-server-2',
      'ecp-app-server-2-files',
      'ecp-data-server',
      'ecp-data-server-files',
    ]);
    expect(
      Object.fromEntries(
        Object.entries(synth(stack).resource!).map(([type, each]) => [type, Object.keys(each).length]),
      ),
    ).toEqual({
      docker_container: 6,
      docker_image: 2,
      docker_network: 1,
      docker_volume: 3,
      tls_cert_request: 3,
      tls_locally_signed_cert: 3,
      tls_private_key: 4,
      tls_self_signed_cert: 1,
    });
    expect(cluster.clusterName).toBe('ecp');
    expect(cluster.appServers.map(({ name }) => name)).toEqual(['app-server-1', 'app-server-2']);
  });

  test('has web ports 81, 8101 and 8102, at 127.0.0.1 alone', () => {
    const { stack } = clusterOf();
    const portOf = (name: string) => container(stack, name).ports;
    const port = (external: number) => [{ internal: 52773, external, ip: '127.0.0.1', protocol: 'tcp' }];
    expect(portOf('ecp-data-server')).toEqual(port(81));
    expect(portOf('ecp-app-server-1')).toEqual(port(8101));
    expect(portOf('ecp-app-server-2')).toEqual(port(8102));
  });

  test('gives each server a key of its own, signed by one authority that all of them trust', () => {
    // WHEN
    const { stack } = clusterOf();

    // THEN
    const servers = ['data-server', 'app-server-1', 'app-server-2'];
    const files = servers.map(name => deliveredFiles(stack, `ecp-${name}`));
    expect(new Set(files.map(each => each['pki/key.pem'])).size).toBe(3);
    expect(new Set(files.map(each => each['pki/cert.pem'])).size).toBe(3);
    expect(new Set(files.map(each => each['pki/ca.pem'])).size).toBe(1);
    const [authority] = Object.keys(resources(stack, 'tls_self_signed_cert'));
    expect(files[0]!['pki/ca.pem']).toBe(`\${tls_self_signed_cert.${authority}.cert_pem}`);
    for (const [index, name] of servers.entries()) {
      expect(files[index]!['pki/key.pem']).toMatch(new RegExp(`tls_private_key\\.ecp_pki_${name}_key_`));
      expect(files[index]!['pki/cert.pem']).toMatch(new RegExp(`tls_locally_signed_cert\\.ecp_pki_${name}_`));
    }
  });

  test("has certificates with its servers' host names and names", () => {
    const requests = Object.values(resources(clusterOf({ clusterName: 'blue' }).stack, 'tls_cert_request'));
    expect(requests).toMatchObject([
      { subject: [{ common_name: 'app-server-1' }], dns_names: ['app-server-1', 'blue-app-server-1'] },
      { subject: [{ common_name: 'app-server-2' }], dns_names: ['app-server-2', 'blue-app-server-2'] },
      { subject: [{ common_name: 'data-server' }], dns_names: ['data-server', 'blue-data-server'] },
    ]);
  });

  test.each([
    ['of its engine', undefined, 'ECDSA'],
    ['of an engine that names none', { ...SURROUNDINGS.image, keyAlgorithm: undefined }, 'RSA'],
    ['of an engine that names one', { ...SURROUNDINGS.image, keyAlgorithm: 'ECDSA' as const }, 'ECDSA'],
  ])('has keys %s', (_, image, algorithm) => {
    const { stack } = clusterOf({ image });
    const keys = Object.values(resources(stack, 'tls_private_key'));
    expect(keys.map(key => key.algorithm)).toEqual([algorithm, algorithm, algorithm, algorithm]);
  });

  test('gives its subnet and key algorithm to the parts that it makes, and not beside those', () => {
    const { stack } = clusterOf({ image: SURROUNDINGS.image, subnet: '172.28.0.0/16', keyAlgorithm: 'ECDSA' });
    expect(resource(stack, 'docker_network')).toMatchObject({ ipam_config: [{ subnet: '172.28.0.0/16' }] });
    expect(Object.values(resources(stack, 'tls_private_key')).map(({ algorithm }) => algorithm)).toContain('ECDSA');
    expect(() => clusterOf({ network: SURROUNDINGS.network, subnet: '172.28.0.0/16' })).toThrow(
      new Error(
        "'subnet' must be left out beside 'network', which has its own, got '172.28.0.0/16'; give it to the EcpNetwork",
      ),
    );
    expect(() => clusterOf({ pki: SURROUNDINGS.pki, keyAlgorithm: 'RSA' })).toThrow(
      new Error(
        "'keyAlgorithm' must be left out beside 'pki', which has its own, got 'RSA'; give 'algorithm' to the EcpPki",
      ),
    );
  });

  test('gives environment variables to the servers that are to have them', () => {
    const appServerOptions = { environment: { TZ: 'Europe/Vienna' } };
    const { stack } = clusterOf({ appServers: ['a'], appServerOptions });
    expect(container(stack, 'ecp-a').env).toContain('TZ=Europe/Vienna');
    expect(container(stack, 'ecp-data-server').env?.join()).not.toContain('TZ=');
  });

  test.each([
    ['T Z', "must have names of letters, digits and '_', such as 'TZ', got 'T Z'; correct it"],
    [
      'ECP_ROLE',
      "must leave names that begin with 'ECP_', and those that the engine sets, to this package, got 'ECP_ROLE'; take it out",
    ],
    [
      'ENGINES',
      "must leave names that begin with 'ECP_', and those that the engine sets, to this package, got 'ENGINES'; take it out",
    ],
  ])('refuses an environment variable %p', (name, sentence) => {
    const image = { ...SURROUNDINGS.image, env: () => ({ ENGINES: 'own' }) };
    expect(() => clusterOf({ image, dataServerOptions: { environment: { [name]: 'x' } } })).toThrow(
      new Error(`'environment' ${sentence}`),
    );
  });

  test('accepts all of its properties', () => {
    // GIVEN
    const stack = emptyStack();
    const pki = new EcpPki(stack, 'pki', { clusterName: 'blue', algorithm: 'ECDSA' });
    const network = new EcpNetwork(stack, 'network', { clusterName: 'blue', subnet: '172.28.0.0/16' });
    const image = new RehearsalImage(stack, 'image', { baseImage: 'debian:12-slim' });

    // WHEN
    const cluster = new EcpCluster(stack, 'ecp', {
      clusterName: 'blue',
      appServers: ['app-server-2', 'reporting'],
      dataServerOptions: { memoryMiB: 1024, webPort: 82, maxAppServers: 4 },
      appServerOptions: { memoryMiB: 512, stopTimeoutSec: 10 },
      appServerWebPortBase: 9000,
      pki,
      network,
      image,
    });

    // THEN
    expect([cluster.pki, cluster.network, cluster.image]).toEqual([pki, network, image]);
    expect(Object.keys(resources(stack, 'docker_network'))).toHaveLength(1);
    expect(Object.keys(resources(stack, 'docker_image'))).toHaveLength(2);
    expect(Object.keys(resources(stack, 'tls_self_signed_cert'))).toHaveLength(1);
    expect(container(stack, 'blue-data-server')).toMatchObject({ memory: 1024, ports: [{ external: 82 }] });
    const appServer = { memory: 512, stop_timeout: 10 };
    expect(container(stack, 'blue-app-server-2')).toMatchObject({ ...appServer, ports: [{ external: 9002 }] });
    expect(container(stack, 'blue-reporting')).toMatchObject(appServer);
    expect(container(stack, 'blue-reporting')).not.toHaveProperty('ports');
    expect(deliveredFiles(stack, 'blue-data-server')['authorized-clients']).toBe(
      'CN=app-server-1\nCN=app-server-2\nCN=app-server-3\nCN=app-server-4\nCN=reporting\n',
    );
  });

  test('may have no application servers at first', () => {
    const { stack, cluster } = clusterOf({ appServers: [] });
    expect(containerNames(stack)).toEqual(['ecp-data-server', 'ecp-data-server-files']);
    expect(cluster.appServers).toEqual([]);
  });

  test('returns a copy of its application servers', () => {
    const { cluster } = clusterOf();
    cluster.appServers.pop();
    expect(cluster.appServers).toHaveLength(2);
  });
});

describe('an application server that is added later', () => {
  test('with a reserved name leaves everything else untouched', () => {
    // GIVEN
    const before = resourcesWithout(clusterOf().stack, 'app-server-3');
    const { stack, cluster } = clusterOf();

    // WHEN
    const server = cluster.addAppServer('app-server-3');

    // THEN
    expect(resourcesWithout(stack, 'app-server-3')).toEqual(before);
    expect(container(stack, 'ecp-app-server-3')).toMatchObject({ ports: [{ external: 8103 }] });
    expect(cluster.appServers.at(-1)).toBe(server);
  });

  test("with another name changes the list of the data server's delivery and nothing else", () => {
    // GIVEN
    const plain = clusterOf().stack;
    const before = resourcesWithout(plain, 'reporting');
    const { stack, cluster } = clusterOf();

    // WHEN
    cluster.addAppServer('reporting');

    // THEN
    const after = resourcesWithout(stack, 'reporting');
    const changed = Object.keys(after).filter(address => after[address] !== before[address]);
    expect(Object.keys(after)).toEqual(Object.keys(before));
    expect(changed).toEqual([expect.stringMatching(/^docker_container\.ecp_data-server_delivery_/)]);
    const list = deliveredFiles(plain, 'ecp-data-server')['authorized-clients']!;
    expect(deliveredFiles(stack, 'ecp-data-server')).toEqual({
      ...deliveredFiles(plain, 'ecp-data-server'),
      'authorized-clients': `${list}CN=reporting\n`,
    });
    expect(container(stack, 'ecp-data-server')).toEqual(container(plain, 'ecp-data-server'));
  });

  test("may override the cluster's settings", () => {
    // GIVEN
    const { stack, cluster } = clusterOf({ appServerOptions: { memoryMiB: 200, stopTimeoutSec: 10 } });

    // WHEN
    cluster.addAppServer('app-server-3', { memoryMiB: 300, webPort: 9999 });
    cluster.addAppServer('reporting', { webPort: 9998 });

    // THEN
    expect(container(stack, 'ecp-app-server-1')).toMatchObject({ memory: 200, stop_timeout: 10 });
    const third = { memory: 300, stop_timeout: 10, ports: [{ external: 9999 }] };
    expect(container(stack, 'ecp-app-server-3')).toMatchObject(third);
    expect(container(stack, 'ecp-reporting')).toMatchObject({ memory: 200, ports: [{ external: 9998 }] });
  });

  test('may have an additional name that the data server admits', () => {
    const { cluster } = clusterOf({ dataServerOptions: { maxAppServers: 2, additionalClients: ['app-server-9'] } });
    expect(cluster.addAppServer('app-server-9').name).toBe('app-server-9');
  });
});

describe('the removal of an application server', () => {
  test('in the middle changes nothing else', () => {
    // GIVEN
    const three = clusterOf({ appServers: ['app-server-1', 'app-server-2', 'app-server-3'] }).stack;

    // WHEN
    const two = clusterOf({ appServers: ['app-server-1', 'app-server-3'] }).stack;

    // THEN
    expect(resourcesWithout(two, 'app-server-2')).toEqual(resourcesWithout(three, 'app-server-2'));
    expect(containerNames(two)).not.toContain('ecp-app-server-2');
  });

  test('and its return restore the same resources in any order', () => {
    const again = clusterOf({ appServers: ['app-server-2', 'app-server-1'] }).stack;
    expect(synth(again)).toEqual(synth(clusterOf().stack));
  });
});

describe('a cluster refuses', () => {
  const hostName =
    "must be 1 to 63 characters of a-z, 0-9 and '-', with a letter or digit at both ends (it becomes a host name)";
  const port = (got: number) =>
    `'appServerWebPortBase' must be a whole number from 1 to 65535 (a TCP port), got ${got}`;

  test.each<[EcpClusterProps, string]>([
    [{ clusterName: 'Ecp' }, `'clusterName' ${hostName}, got 'Ecp'`],
    [{ appServerWebPortBase: 0 }, port(0)],
    [{ appServerWebPortBase: 65536 }, port(65536)],
    [{ appServerWebPortBase: 65534 }, "'webPort' must be a whole number from 1 to 65535 (a TCP port), got 65536"],
    [
      { appServers: ['app-server-1', 'app-server-1'] },
      "'appServers' must have different names, got 'app-server-1' twice",
    ],
    [
      { appServers: ['app-server-17'] },
      "'appServers' must stay below 'maxAppServers', got 'app-server-17' with 16 admitted; raise 'maxAppServers' (at most 254) or choose a name of another form",
    ],
    [
      { appServers: ['app-server-3'], dataServerOptions: { maxAppServers: 2 } },
      "'appServers' must stay below 'maxAppServers', got 'app-server-3' with 2 admitted; raise 'maxAppServers' (at most 254) or choose a name of another form",
    ],
    [
      { appServers: ['network'] },
      "'appServers' must not use the names of the cluster's other parts, got 'network'; choose another",
    ],
    [
      { dataServerOptions: { webPort: 8102 } },
      "'webPort' must be different for each server, got 8102 for 'app-server-2', which 'data-server' has; change 'appServerWebPortBase' or one of the two",
    ],
    [{ appServers: ['App'] }, `'appServers' ${hostName}, got 'App'`],
    [{ appServers: [''] }, `'appServers' ${hostName}, got ''`],
    [{ appServers: ['data-server'] }, "'appServers' must name application servers, got 'data-server', the data server"],
    [
      { network: { networkId: 'id', subnet: '192.168.7.8/29' }, appServers: ['a', 'b', 'c', 'd', 'e'] },
      "'subnet' must have room for 6 containers, got '192.168.7.8/29' with 5 addresses beside Docker's own three; choose a larger one",
    ],
    [
      { network: { networkId: 'id', subnet: '192.168.7.8/29' }, webGateway: {} },
      "'subnet' must have room for 6 containers, got '192.168.7.8/29' with 5 addresses beside Docker's own three; choose a larger one",
    ],
    [
      {
        image: { ...SURROUNDINGS.image, ...IRIS_ENGINE },
        appServers: ['a', 'b'],
        dataServerOptions: { maxAppServers: 1 },
      },
      "'maxAppServers' must be at least 2, the number of application servers (it is MaxServerConn of IRIS), got 1; raise it (at most 254)",
    ],
  ])('%j', (props, message) => {
    expect(() => clusterOf(props)).toThrow(new Error(message));
  });

  test('a server that the subnet has no address for', () => {
    const { cluster } = clusterOf({ network: { networkId: 'id', subnet: '192.168.7.8/29' } });
    cluster.addAppServer('app-server-3');
    cluster.addAppServer('app-server-4');
    expect(() => cluster.addAppServer('app-server-5')).toThrow("'subnet' must have room for 6 containers");
  });

  test('a name that an added server has already', () => {
    const { cluster } = clusterOf();
    expect(() => cluster.addAppServer('app-server-2')).toThrow(
      new Error("'appServers' must have different names, got 'app-server-2' twice"),
    );
  });
});

describe('in a larger stack', () => {
  test('two clusters have different names for all but the image, and do not know each other', () => {
    // GIVEN
    const stack = emptyStack();

    // WHEN
    for (const clusterName of ['blue', 'green']) new EcpCluster(stack, clusterName, { clusterName });

    // THEN
    for (const type of ['docker_container', 'docker_network', 'docker_volume']) {
      const names = Object.values(resources(stack, type)).map(({ name }) => name as string);
      expect(new Set(names).size).toBe(names.length);
      expect(names.filter(name => /^blue(-|$)/.test(name))).toHaveLength(names.length / 2);
    }
    const both = resourcesWithout(stack, '.green_');
    expect(Object.values(both).join('\n')).not.toContain('green');
    const alone = emptyStack();
    new EcpCluster(alone, 'blue', { clusterName: 'blue' });
    expect(both).toEqual(resourcesWithout(alone, '.green_'));
  });

  test('each failing delivery names its own address in the remedy', () => {
    // GIVEN
    const stack = emptyStack();
    for (const clusterName of ['blue', 'green']) new EcpCluster(stack, clusterName, { clusterName });

    // WHEN
    const deliveries = Object.entries(resources<ContainerJson>(stack, 'docker_container')).filter(
      ([, json]) => labels(json)['ecp.role'] === 'delivery',
    );

    // THEN
    expect(deliveries).toHaveLength(6);
    for (const [address, { lifecycle }] of deliveries)
      expect(JSON.stringify(lifecycle)).toContain(`terraform apply -replace=docker_container.${address}`);
  });

  test('constructs define resources only: no provider, output, variable, backend or data source', () => {
    expect(Object.keys(synth(clusterOf().stack))).toEqual(['resource']);
  });

  test('constructs keep the rules that cdktf checks when it writes a stack with providers', () => {
    // GIVEN
    const { stack } = clusterOf();
    new DockerProvider(stack, 'docker');
    new TlsProvider(stack, 'tls');

    // THEN
    expect(() => Testing.synth(stack, true)).not.toThrow();
  });

  test('constructs do not read the environment and make nothing that belongs to the stack', () => {
    // GIVEN
    const folder = join(__dirname, '..', 'constructs');
    const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(path => path.endsWith('.ts'));

    // THEN
    expect(sources.length).toBeGreaterThan(10);
    for (const path of sources) {
      // Examples in comments show a user's program.
      const code = readFileSync(join(folder, path), 'utf8').replace(/^ *\*.*$/gm, '');
      const found = code.match(/process\.|Terraform(Output|Variable)\b|new \w*Provider\(|\w*Backend\b|Aspects/g);
      expect({ path, found }).toEqual({ path, found: null });
    }
  });

  test('a cluster works with literals as image, network and PKI', () => {
    // WHEN
    const { image, network, pki } = SURROUNDINGS;
    const { stack } = clusterOf({ image, network, pki });

    // THEN
    expect(Object.keys(synth(stack).resource!)).toEqual(['docker_container', 'docker_volume']);
    expect(container(stack, 'ecp-app-server-1')).toMatchObject({ image: 'sha256:image' });
    expect(deliveredFiles(stack, 'ecp-app-server-1')['pki/key.pem']).toBe(identityOf('app-server-1').key);
  });
});
