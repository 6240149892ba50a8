import { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { Aspects } from 'cdktf';
import {
  CisDockerAspect,
  DockerHost,
  EcpCluster,
  EcpNetwork,
  RehearsalImage,
  Swarm,
  ecpCisWaivers,
  type EcpClusterProps,
  type EcpEntryPointOptions,
  type EcpImage,
} from '../constructs';
import { SURROUNDINGS, container, emptyStack, labels, synth, unpackDelivery } from './synth';

const { image, network, pki } = SURROUNDINGS;
type Stack = ReturnType<typeof emptyStack>;

function clusterOf(props: EcpClusterProps, stack: Stack = emptyStack()): { stack: Stack; cluster: EcpCluster } {
  return { stack, cluster: new EcpCluster(stack, 'cluster', { image, network, pki, ...props }) };
}

function stackOf(entryPoint: Partial<EcpEntryPointOptions> = {}, props: EcpClusterProps = {}): Stack {
  return clusterOf({ entryPoint: { port: 8080, ...entryPoint }, ...props }).stack;
}

function filesOf(stack: Stack): Record<string, string> {
  return unpackDelivery(container(stack, 'ecp-entry-point-files').upload ?? []);
}

/** Lines of a section of HAProxy's configuration. */
function sectionOf(stack: Stack, title: string): string[] {
  const section = filesOf(stack)
    ['haproxy.cfg']!.split(/\n(?=\S)/)
    .find(each => each.startsWith(`${title}\n`));
  return (section ?? '')
    .split('\n')
    .slice(1)
    .map(line => line.trim())
    .filter(Boolean);
}

test('it runs beside the servers as their user, without privileges', () => {
  const entryPoint = container(stackOf(), 'ecp-entry-point');
  expect(entryPoint).toMatchObject({
    user: '51773',
    read_only: true,
    capabilities: { drop: ['ALL'] },
    security_opts: ['no-new-privileges'],
    memory: 128,
    memory_swap: 128,
    ports: [{ internal: 8080, external: 8080, ip: '127.0.0.1', protocol: 'tcp' }],
    networks_advanced: [{ name: 'network-id', aliases: ['entry-point'] }],
  });
  expect(labels(entryPoint)).toMatchObject({
    'ecp.cluster': 'ecp',
    'ecp.role': 'entry-point',
    'ecp.server': 'entry-point',
    'ecp.web': '127.0.0.1:8080',
  });
  expect(JSON.stringify(entryPoint)).not.toContain('docker.sock');
});

test('each server is asked whether it is Normal', () => {
  const stack = stackOf();
  const web = sectionOf(stack, 'listen web');
  expect(web).toContain("http-check send meth GET uri-lf '/health' ver HTTP/1.1 hdr host localhost");
  expect(web).toContain("http-check expect rstring 'is Normal'");
  expect(web.slice(-2)).toEqual([
    'server app-server-1 ecp-app-server-1:52773 check port 52773',
    'server app-server-2 ecp-app-server-2:52773 check port 52773',
  ]);
});

test('another server, a cookie and lines of HAProxy change the delivery alone', () => {
  const plain = synth(stackOf()).resource!.docker_container!;
  for (const changed of [
    stackOf({}, { appServers: ['app-server-1', 'app-server-2', 'app-server-3'] }),
    stackOf({ cookie: 'ECP insert' }),
    stackOf({ haproxy: { web: ['timeout server 5m'] } }),
    stackOf({ drainTimeoutSec: 60 }),
  ]) {
    const now = synth(changed).resource!.docker_container!;
    const touched = Object.keys(plain).filter(key => JSON.stringify(plain[key]) !== JSON.stringify(now[key]));
    expect(touched).toHaveLength(1);
    expect(touched[0]).toMatch(/_entry-point_delivery_/);
  }
});

test('a server that is added later is known once it is Normal', () => {
  const { stack, cluster } = clusterOf({ entryPoint: { port: 8080 } });
  cluster.addAppServer('app-server-3');
  expect(JSON.parse(filesOf(stack)['config.json']!)).toEqual({
    cluster: 'ecp',
    drainTimeoutSec: 10,
    servers: ['app-server-1', 'app-server-2', 'app-server-3'],
  });
  expect(container(stack, 'ecp-entry-point-files').depends_on).toContainEqual(
    expect.stringMatching(/^docker_container\.cluster_app-server-3_[0-9A-F]{8}$/),
  );
});

test('servers behind it publish no web port unless asked, and the data server still does', () => {
  const portsOf = (stack: Stack, name: string): unknown => container(stack, name).ports;
  expect(portsOf(stackOf(), 'ecp-app-server-1')).toBeUndefined();
  expect(portsOf(stackOf(), 'ecp-data-server')).toBeDefined();
  expect(portsOf(stackOf({}, { appServerWebPortBase: 9000 }), 'ecp-app-server-1')).toBeDefined();
  const { stack, cluster } = clusterOf({});
  cluster.addEntryPoint({ port: 8080 });
  expect(portsOf(stack, 'ecp-app-server-1')).toBeDefined();
  expect(cluster.publishedWebPorts).toEqual([81, 8101, 8102, 8080]);
});

test('a client stays with its server where a cookie is asked for', () => {
  const lines = sectionOf(stackOf({ cookie: 'ECP insert indirect nocache' }), 'listen web');
  expect(lines).toContain('cookie ECP insert indirect nocache');
  expect(lines.at(-1)).toMatch(/^server app-server-2 .* cookie app-server-2$/);
});

test('a user has the last word in each section, and a service of the servers its own port', () => {
  const haproxy = { global: ['maxconn 9'], defaults: ['timeout server 5m'], web: ['balance source'] };
  const stack = stackOf({ haproxy, targetPort: 8181 });
  expect(sectionOf(stack, 'global').at(-1)).toBe('maxconn 9');
  expect(sectionOf(stack, 'defaults').at(-1)).toBe('timeout server 5m');
  const web = sectionOf(stack, 'listen web');
  expect(web.indexOf('balance source')).toBeGreaterThan(web.indexOf('balance roundrobin'));
  expect(web.at(-1)).toBe('server app-server-2 ecp-app-server-2:8181 check port 52773');
});

test('with web gateways it asks them, publishes none of them, and passes the superserver through', () => {
  const iris: EcpImage = { ...image, engine: 'iris', hasWebServer: false, features: { superserverClients: true } };
  const stack = stackOf({ superserverPort: 11972 }, { image: iris, webGateway: {} });
  expect(sectionOf(stack, 'listen web').at(-1)).toBe('server app-server-2 ecp-app-server-2-web:80 check port 80');
  expect(sectionOf(stack, 'listen superserver')).toContain(
    'server app-server-1 ecp-app-server-1:1972 track web/app-server-1',
  );
  expect(container(stack, 'ecp-app-server-1-web').ports).toBeUndefined();
  expect(labels(container(stack, 'ecp-app-server-1-web'))).not.toHaveProperty('ecp.web');
  expect(container(stack, 'ecp-entry-point').ports).toHaveLength(2);
});

test.each([{}, { port: 443 }, { bindAddress: '0.0.0.0' }])('%j keeps the rules of the CIS aspect', options => {
  const { stack, cluster } = clusterOf({
    entryPoint: { port: 8080, ...options },
    dataServerOptions: { webPort: 8081 },
    network: new EcpNetwork(emptyStack(), 'network', { clusterName: 'ecp' }),
  });
  Aspects.of(stack).add(new CisDockerAspect({ waivers: ecpCisWaivers(cluster) }));
  expect(() => synth(stack)).not.toThrow();
});

describe('refused in one sentence', () => {
  const silent: EcpImage = { ...image, webHealth: undefined };
  const cases: [string, Partial<EcpEntryPointOptions>, EcpClusterProps, RegExp][] = [
    ['a port twice', { port: 81 }, {}, /^'webPort' must be different .* got 81 for 'entry-point', which 'data-server'/],
    ['no port', { port: 0 }, {}, /^'port' must be a whole number/],
    ['an engine that says nothing', {}, { image: silent }, /^'image' must say how its servers show/],
    ['no web gateway', {}, { image: { ...image, hasWebServer: false } }, /^'webGateway' must be set/],
    [
      'no such clients',
      { superserverPort: 1972 },
      {},
      /^'superserverPort' must be left out for the engine 'rehearsal'/,
    ],
    ['an address that is none', { bindAddress: 'all' }, {}, /^'bindAddress' must be an IPv4 address/],
    ['two lines in one', { haproxy: { web: ['a\nb'] } }, {}, /^'haproxy' must have one line/],
    ['no cookie', { cookie: ' ' }, {}, /^'cookie' must have one line/],
    ['a server of its name', {}, { appServers: ['entry-point'] }, /^'entryPoint' must be set once/],
  ];
  test.each(cases)('%s', (_, options, props, sentence) => {
    expect(() => stackOf(options, props)).toThrow(sentence);
  });

  test('a second one', () => {
    const { cluster } = clusterOf({ entryPoint: { port: 8080 } });
    expect(() => cluster.addEntryPoint({ port: 8082 })).toThrow(/^'entryPoint' must be set once/);
  });

  test('on a swarm', () => {
    const stack = emptyStack();
    const platform = new Swarm(stack, 'swarm');
    const swarmImage = { ...image, imageReference: 'registry.example.org/ecp@sha256:0' };
    const props = { platform, image: swarmImage, network: undefined, entryPoint: { port: 8080 } };
    expect(() => clusterOf(props, stack)).toThrow(/^'entryPoint' must be left out on a swarm/);
  });

  test('servers of other hosts without a common network', () => {
    const stack = emptyStack();
    const east = new DockerProvider(stack, 'east', { alias: 'east', host: 'ssh://ops@east.example.org' });
    const hosts = { 'app-server-2': east };
    const everywhere = { ...image, imageIdOn: () => 'sha256:image' };
    const props = {
      hosts,
      image: everywhere,
      network: undefined,
      dataServerOptions: { publish: { address: '192.0.2.1' } },
      entryPoint: { port: 8080 },
    };
    expect(() => clusterOf(props, stack)).toThrow(/^'entryPoint' must be in the network of all .* got 'app-server-2'/);
    expect(new DockerHost({ provider: east }).provider).toBe(east);
  });
});

test('with a registry the own host builds and pushes the image, and the host of the data server pulls it by its digest', () => {
  const stack = emptyStack();
  const host = new DockerProvider(stack, 'docker-host-a', { alias: 'host-a', host: 'tcp://host-a.example.org:2376' });
  const hosts = { 'data-server': host, 'app-server-1': host, 'app-server-2': host };
  const { cluster } = clusterOf({ hosts, network: undefined, image: new RehearsalImage(stack, 'image') }, stack);
  cluster.addEntryPoint({ port: 8080, registry: 'registry.example.org/ecp' });
  cluster.addMonitoring({ registry: 'registry.example.org/ecp' });
  const { docker_image: images = {} } = synth(stack).resource as Record<
    string,
    Record<string, Record<string, unknown>>
  >;
  const of = (name: string): [boolean, unknown][] =>
    Object.values(images)
      .filter(each => String(each.name).startsWith(`registry.example.org/ecp/${name}`))
      .map(each => [each.build !== undefined, each.provider]);
  for (const name of ['ecp-entry-point', 'ecp-monitoring'])
    expect(of(name)).toEqual([
      [true, undefined],
      [false, 'docker.host-a'],
    ]);
});
