import { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import type { TerraformStack } from 'cdktf';
import { DockerHost, EcpCluster, EcpNetwork, RehearsalImage, type EcpClusterProps } from '../constructs';
import { SURROUNDINGS, container, emptyStack, labels, resources, synth } from './synth';

function twoHosts(stack: TerraformStack): Record<'data-server' | 'app-server-1', DockerProvider> {
  const host = (alias: string): DockerProvider =>
    new DockerProvider(stack, alias, { alias, host: `ssh://${alias}.example.org` });
  return { 'data-server': host('west'), 'app-server-1': host('east') };
}

function clusterOf(props: (hosts: ReturnType<typeof twoHosts>, stack: TerraformStack) => EcpClusterProps): {
  stack: TerraformStack;
  cluster: EcpCluster;
} {
  const stack = emptyStack();
  const hosts = twoHosts(stack);
  const { pki } = SURROUNDINGS;
  const cluster = new EcpCluster(stack, 'cluster', {
    pki,
    appServers: ['app-server-1'],
    hosts,
    ...props(hosts, stack),
  });
  return { stack, cluster };
}

/** Provider and type of every Docker resource, each once. */
function placesOf(stack: TerraformStack): string[] {
  const places = Object.entries(synth(stack).resource ?? {}).flatMap(([type, each]) =>
    Object.values(each as Record<string, { provider?: string }>).map(({ provider }) => `${provider ?? 'own'} ${type}`),
  );
  return [...new Set(places)].sort();
}

describe('servers on hosts of their own', () => {
  test('share an overlay, which a manager makes, and each host builds the image', () => {
    const { stack } = clusterOf((hosts, scope) => ({
      image: new RehearsalImage(scope, 'image', { provider: hosts['data-server'] }),
    }));
    expect(placesOf(stack)).toEqual([
      'docker.east docker_container',
      'docker.east docker_image',
      'docker.east docker_volume',
      'docker.west docker_container',
      'docker.west docker_image',
      'docker.west docker_network',
      'docker.west docker_volume',
    ]);
    const [network] = Object.values(resources(stack, 'docker_network'));
    expect(network).toMatchObject({ name: 'ecp', driver: 'overlay', attachable: true });
    expect(Object.keys(resources(stack, 'docker_image'))).toHaveLength(4);
  });

  test('pull one image from a registry by its digest', () => {
    const { stack } = clusterOf((_, scope) => ({
      image: new RehearsalImage(scope, 'image', { registry: 'registry.example.org/ecp' }),
    }));
    const names = Object.values(resources(stack, 'docker_image')).map(({ name }) => String(name));
    expect(names.filter(name => name.includes('@'))).toEqual([
      expect.stringMatching(/^registry\.example\.org\/ecp\/ecp-rehearsal@\$\{terraform_data\.\w+\.output\.digest\}$/),
      expect.stringMatching(/^registry\.example\.org\/ecp\/ecp-rehearsal@/),
    ]);
    expect(Object.values(resources(stack, 'docker_registry_image'))).toEqual([
      expect.objectContaining({ keep_remotely: true }),
    ]);
    // A registry that does not answer changes no server.
    expect(Object.values(resources(stack, 'terraform_data'))).toEqual([
      expect.objectContaining({
        input: { digest: expect.stringMatching(/^\$\{docker_registry_image\.\w+\.sha256_digest\}$/) as string },
        triggers_replace: {
          image: expect.stringMatching(/^\$\{docker_image\.image_[0-9A-F]{8}\.image_id\}$/) as string,
          // Another registry may have other digests.
          repository: 'registry.example.org/ecp/ecp-rehearsal',
        },
        lifecycle: { ignore_changes: ['input'] },
      }),
    ]);
    expect(container(stack, 'ecp-app-server-1').image).toMatch(/^\$\{docker_image\.image_on-east_\w+\.image_id\}$/);
  });

  test('meet at the published port of the data server, each on the network of its host', () => {
    const { stack, cluster } = clusterOf((hosts, scope) => ({
      image: new RehearsalImage(scope, 'image', { provider: hosts['data-server'] }),
      dataServerOptions: { publish: { address: 'data.example.org' } },
    }));
    expect(cluster.dataServer).toMatchObject({ host: 'data.example.org', port: 1972 });
    const dataServer = container(stack, 'ecp-data-server');
    expect(dataServer.ports).toContainEqual({ internal: 1972, external: 1972, ip: '0.0.0.0', protocol: 'tcp' });
    expect(labels(dataServer)).toMatchObject({ 'ecp.superserver': '0.0.0.0:1972' });
    const networks = Object.values(resources(stack, 'docker_network')) as { driver: string; provider: string }[];
    expect(networks.map(({ driver, provider }) => `${provider} ${driver}`).sort()).toEqual([
      'docker.east bridge',
      'docker.west bridge',
    ]);
  });

  test('of an address in figures have it in the certificate, in both forms', () => {
    const issued: object[] = [];
    clusterOf(() => ({
      image: { ...SURROUNDINGS.image, imageIdOn: () => 'sha256:there' },
      pki: {
        issueCertificate: (name, options) => (
          issued.push({ name, ...options }),
          SURROUNDINGS.pki.issueCertificate(name, options)
        ),
      },
      dataServerOptions: { publish: { address: '192.0.2.7', port: 2972 } },
    }));
    expect(issued).toContainEqual({
      name: 'data-server',
      role: 'data-server',
      dnsNames: ['data-server', 'ecp-data-server', '192.0.2.7'],
      ipAddresses: ['192.0.2.7'],
    });
  });
});

test('a host of a server that does not exist is refused at synth, one of a server that is added later is not', () => {
  const { stack, cluster } = clusterOf((hosts, scope) => ({
    hosts: { ...hosts, batch: hosts['app-server-1'] },
    image: new RehearsalImage(scope, 'image', { provider: hosts['data-server'] }),
  }));
  const sentence = "'hosts' must name servers of the cluster, got 'batch'; servers are data-server, app-server-1";
  expect(cluster.node.validate()).toEqual([sentence]);
  cluster.addAppServer('batch');
  expect(cluster.node.validate()).toEqual([]);
  expect(() => synth(stack)).not.toThrow();
});

describe('what cannot work over several hosts is refused', () => {
  test.each<[string, (stack: TerraformStack) => EcpClusterProps, string]>([
    [
      'a bridge network',
      stack => ({ network: new EcpNetwork(stack, 'network', { clusterName: 'ecp' }) }),
      "'network' must span the hosts of 'hosts': an EcpNetwork with the driver 'overlay', or 'publish' in 'dataServerOptions'; leave it out, and an overlay is made",
    ],
    [
      'a platform beside hosts',
      () => ({ platform: new DockerHost() }),
      "'platform' must be left out where 'hosts' says where servers run; take one of the two out",
    ],
    [
      'an image that one host knows',
      () => ({ image: SURROUNDINGS.image }),
      "'image' must be one that can be had on several hosts, got 'rehearsal', whose id one host knows; implement 'imageIdOn' of EcpImage",
    ],
    [
      'an address that is none',
      () => ({ dataServerOptions: { publish: { address: 'data.example.org:1972' } } }),
      "'publish' must have a host name or an IPv4 address, got 'data.example.org:1972'; correct it",
    ],
  ])('%s', (_, props, sentence) => {
    expect(() => clusterOf((_hosts, stack) => props(stack))).toThrow(new Error(sentence));
  });
});
