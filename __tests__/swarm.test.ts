import { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import type { TerraformStack } from 'cdktf';
import { EcpCluster, EcpNetwork, RehearsalImage, Swarm, type EcpClusterProps, type SwarmProps } from '../constructs';
import { serviceDuration } from '../constructs/platform/swarm/service-duration';
import { SURROUNDINGS, emptyStack, resources, synth } from './synth';

interface ServiceJson {
  readonly name: string;
  readonly mode: object;
  readonly provider: string;
  readonly depends_on: readonly string[];
  readonly update_config: object;
  readonly endpoint_spec: { readonly mode: string; readonly ports?: readonly object[] };
  readonly task_spec: {
    readonly container_spec: Readonly<Record<string, unknown>> & {
      readonly mounts: readonly Readonly<Record<string, unknown>>[];
      readonly secrets?: readonly Readonly<Record<string, unknown>>[];
    };
    readonly placement: { readonly constraints?: readonly string[] };
    readonly networks_advanced: readonly object[];
  };
}

function clusterOf(
  props: Omit<EcpClusterProps, 'platform'> = {},
  swarm: SwarmProps = {},
): { stack: TerraformStack; services: Map<string, ServiceJson> } {
  const stack = emptyStack();
  const provider = new DockerProvider(stack, 'manager', { alias: 'manager', host: 'ssh://manager.example.org' });
  const image = new RehearsalImage(stack, 'image', { registry: 'registry.example.org/ecp' });
  new EcpCluster(stack, 'cluster', {
    pki: SURROUNDINGS.pki,
    image,
    ...props,
    platform: new Swarm(stack, 'swarm', { provider, ...swarm }),
  });
  const services = Object.values(resources(stack, 'docker_service')) as unknown as ServiceJson[];
  return { stack, services: new Map(services.map(service => [service.name, service])) };
}

describe('on a swarm', () => {
  const { stack, services } = clusterOf();

  const delivery = (role: string): ServiceJson =>
    [...services.values()].find(({ name }) => name.includes(`-${role}s-`))!;

  test('each server is a service of one task, and two more deliver files to every node', () => {
    expect([...services.keys()].sort()).toEqual([
      'ecp-app-server-1',
      'ecp-app-server-2',
      expect.stringMatching(/^ecp-app-servers-[0-9a-f]{6}-files$/),
      'ecp-data-server',
      expect.stringMatching(/^ecp-data-servers-[0-9a-f]{6}-files$/),
    ]);
    expect(services.get('ecp-data-server')!.mode).toEqual({ replicated: { replicas: 1 } });
    expect(delivery('app-server').mode).toEqual({ global: true });
    for (const { provider } of services.values()) expect(provider).toBe('docker.manager');
  });

  test('the network is an overlay, and services know it by its id', () => {
    const [network] = Object.entries(resources(stack, 'docker_network'));
    expect(network![1]).toMatchObject({ driver: 'overlay', attachable: true, provider: 'docker.manager' });
    expect(services.get('ecp-app-server-1')!.task_spec.networks_advanced).toEqual([
      { id: `\${docker_network.${network![0]}.id}`, aliases: ['app-server-1'] },
    ]);
  });

  test('the data server and its key stay on the node with its label', () => {
    const constraints = ['node.labels.ecp.data-server == ecp'];
    expect(services.get('ecp-data-server')!.task_spec.placement.constraints).toEqual(constraints);
    expect(delivery('data-server').task_spec.placement.constraints).toEqual(constraints);
    expect(services.get('ecp-app-server-1')!.task_spec.placement.constraints).toBeUndefined();
    const secrets = (role: string): unknown[] =>
      delivery(role).task_spec.container_spec.secrets!.map(secret => secret.file_name);
    expect(secrets('data-server')).toEqual(['data-server']);
    expect(secrets('app-server')).toEqual(['app-server-1', 'app-server-2']);
  });

  test('a server reads the volume that its delivery writes, and starts after it', () => {
    const { task_spec: task, depends_on: after } = services.get('ecp-app-server-1')!;
    expect(task.container_spec.mounts).toContainEqual(
      expect.objectContaining({ source: 'ecp-app-server-1-files', target: '/ecp/files', read_only: true }),
    );
    expect(delivery('app-server').task_spec.container_spec.mounts).toContainEqual(
      expect.objectContaining({ source: 'ecp-app-server-1-files', target: '/files/app-server-1', read_only: false }),
    );
    expect(after).toEqual([
      expect.stringMatching(/^docker_service\.swarm_app-server_/),
      expect.stringMatching(/^docker_service\.cluster_data-server_/),
    ]);
  });

  test('other servers have another delivery, which is there before the old one goes', () => {
    const names = ({ services: of }: { services: Map<string, ServiceJson> }): string[] =>
      [...of.keys()].filter(name => name.endsWith('-files')).sort();
    const [ofTwo, dataOfTwo] = names({ services });
    const [ofThree, dataOfThree] = names(clusterOf({ appServers: ['app-server-1', 'app-server-2', 'app-server-3'] }));
    expect(ofThree).not.toBe(ofTwo);
    expect(dataOfThree).toBe(dataOfTwo);
    expect(delivery('app-server')).toMatchObject({ lifecycle: { create_before_destroy: true } });
  });

  test('new files are a new secret, whose name has a hash of them', () => {
    const secrets = Object.values(resources(stack, 'docker_secret')) as unknown as {
      name: string;
      lifecycle: object;
    }[];
    expect(secrets).toHaveLength(3);
    for (const { name, lifecycle } of secrets) {
      expect(name).toMatch(/^ecp-[\w-]+-files-\$\{nonsensitive\(substr\(sha256\(local\./);
      expect(lifecycle).toEqual({ create_before_destroy: true });
    }
  });

  test('the top of a further volume is given to the servers, on every node', () => {
    const { services: withVolume } = clusterOf({ appServerOptions: { volumes: { '/extra/one': 'extra' } } });
    const deliveryOf = (of: typeof services): ServiceJson =>
      [...of.values()].find(({ name }) => name.includes('-app-servers-'))!;
    const added = { type: 'volume', source: 'extra', target: '/volumes/app-server-2/-extra-one' };
    expect(deliveryOf(withVolume).task_spec.container_spec.mounts).toContainEqual(added);
    // Of the same name: a plain volume comes and goes in place.
    expect(deliveryOf(withVolume).name).toBe(deliveryOf(services).name);
  });

  test('no server publishes a port, and none is killed because it is not Normal', () => {
    for (const name of ['ecp-data-server', 'ecp-app-server-1']) {
      const { endpoint_spec: endpoint, task_spec: task, update_config: update } = services.get(name)!;
      expect(endpoint).toEqual({ mode: 'dnsrr' });
      expect(task.container_spec.healthcheck).toMatchObject({ retries: 1000 });
      expect(update).toMatchObject({ order: 'stop-first', failure_action: 'rollback', monitor: '10s' });
    }
  });
});

test.each([
  [0.5, '500ms'],
  [60, '1m'],
  [75, '1m15s'],
  [125, '2m5s'],
  [3600, '1h'],
  [0, '0s'],
])('%d seconds of a service are %s', (seconds, text) => {
  expect(serviceDuration(seconds)).toBe(text);
});

describe('what a swarm cannot do is refused', () => {
  test.each<[string, () => unknown, string]>([
    [
      'a bridge network',
      () => clusterOf({ network: new EcpNetwork(emptyStack(), 'network', { clusterName: 'ecp' }) }),
      "'network' must be an overlay on a swarm, whose servers run on several nodes, got a bridge; set 'driver' of EcpNetwork or EcpNetwork.fromExistingNetwork to 'overlay'",
    ],
    [
      'a web port',
      () => clusterOf({ dataServerOptions: { webPort: 8081 } }),
      "'webPort' must be left out on a swarm, which publishes it to everybody who reaches the node, got 8081 for 'data-server'; take it out, or set 'allowPublicWebPorts' of Swarm",
    ],
    [
      'an image that is not pushed',
      () => clusterOf({ image: SURROUNDINGS.image }),
      "'image' must be in a registry that every node of the swarm reaches, got one of the engine 'rehearsal' that is not pushed; set 'registry' of the image",
    ],
    [
      'a volume as a resource',
      () => clusterOf({ dataServerOptions: { dataRetention: 'destroy' } }),
      "'dataRetention' must be 'retain' on a swarm, whose volumes are each on one node and no resources, got 'destroy'; take it out",
    ],
    [
      'a set of processors',
      () => clusterOf({ appServerOptions: { cpuSet: '0-1' } }),
      `'cpuSet' must be left out on a swarm, whose services have none, got "0-1" for 'app-server-1'; take it out`,
    ],
  ])('%s', (_, make, sentence) => {
    expect(make).toThrow(new Error(sentence));
  });

  test('but a web port that is meant for everybody', () => {
    const { services } = clusterOf({ dataServerOptions: { webPort: 8081 } }, { allowPublicWebPorts: true });
    expect(services.get('ecp-data-server')!.endpoint_spec.ports).toEqual([
      { target_port: 52773, published_port: 8081, publish_mode: 'host', protocol: 'tcp' },
    ]);
  });
});

test('a swarm writes a stack that can be synthesized whole', () => {
  expect(Object.keys(synth(clusterOf().stack).resource ?? {})).toEqual(
    expect.arrayContaining(['docker_service', 'docker_secret']),
  );
});
