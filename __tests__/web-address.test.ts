import { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { TlsProvider } from '@cdktf/provider-tls/lib/provider';
import { Aspects, Testing } from 'cdktf';
import { EcpCluster, Swarm, type EcpClusterProps } from '../constructs';
import { CisDockerAspect, ecpCisWaivers } from '../constructs/cis';
import { SURROUNDINGS, emptyStack, labels, resources, type ContainerJson } from './synth';

const clusterOf = (props: EcpClusterProps) => {
  const stack = emptyStack();
  return { stack, cluster: new EcpCluster(stack, 'ecp', { image: SURROUNDINGS.image, ...props }) };
};

/** Where each container publishes its web port, by its port and by its label. */
function bound(props: EcpClusterProps): Record<string, string> {
  const containers = Object.values(resources<ContainerJson>(clusterOf(props).stack, 'docker_container'));
  return Object.fromEntries(
    containers.flatMap(each => {
      const [port] = (each.ports ?? []) as { ip: string; external: number }[];
      if (!port) return [];
      expect(labels(each)['ecp.web']).toBe(`${port.ip}:${port.external}`);
      return [[String(each.name), port.ip]];
    }),
  );
}

const EVERYWHERE = { webBindAddress: '0.0.0.0', allowPublicWebPorts: true };

test.each<[string, EcpClusterProps, readonly [string, string]]>([
  ['no server asks', {}, ['127.0.0.1', '127.0.0.1']],
  ['the cluster says so for all', EVERYWHERE, ['0.0.0.0', '0.0.0.0']],
  ['one kind of servers says so', { appServerOptions: EVERYWHERE }, ['127.0.0.1', '0.0.0.0']],
  [
    'a server has an address of its own',
    { ...EVERYWHERE, dataServerOptions: { webBindAddress: '127.0.0.2' } },
    ['127.0.0.2', '0.0.0.0'],
  ],
])('web ports are where asked for when %s', (_, props, [data, app]) => {
  const names = { 'ecp-data-server': data, 'ecp-app-server-1': app, 'ecp-app-server-2': app };
  expect(bound(props)).toEqual(names);
  const image = { ...SURROUNDINGS.image, hasWebServer: false };
  const gateways = Object.fromEntries(Object.entries(names).map(([name, address]) => [`${name}-web`, address]));
  expect(bound({ ...props, image, webGateway: {} })).toEqual(gateways);
});

test('outputs have an address at which the host itself finds the pages', () => {
  const dataServerOptions = { webBindAddress: '192.0.2.7', allowPublicWebPorts: true };
  const { webUrls } = clusterOf({ ...EVERYWHERE, appServers: ['app-server-1'], dataServerOptions }).cluster.outputs;
  expect(webUrls).toEqual({ 'data-server': 'http://192.0.2.7:81', 'app-server-1': 'http://127.0.0.1:8101' });
});

const PASSWORD = 'since pages and metrics ask for no password';
test.each<[EcpClusterProps, string]>([
  [{ webBindAddress: 'all' }, `'webBindAddress' must be an IPv4 address of the server's host, got 'all'; correct it`],
  [
    { webBindAddress: '0.0.0.0' },
    `'webBindAddress' must be one of 127.0.0.0/8, ${PASSWORD}, got '0.0.0.0'; correct it, or set 'allowPublicWebPorts'`,
  ],
  // What was accepted of one address is not accepted of another.
  [{ ...EVERYWHERE, appServerOptions: { webBindAddress: '192.0.2.7' } }, `${PASSWORD}, got '192.0.2.7'`],
])('%j is refused', (props, sentence) => {
  expect(() => clusterOf(props)).toThrow(sentence);
});

test('a swarm knows no address', () => {
  const stack = emptyStack();
  const image = { ...SURROUNDINGS.image, imageReference: 'registry.example.org/ecp@sha256:0' };
  const platform = new Swarm(stack, 'swarm');
  expect(() => new EcpCluster(stack, 'ecp', { image, platform, webBindAddress: '127.0.0.1' })).toThrow(
    `'webBindAddress' must be left out on a swarm, whose services have none, got "127.0.0.1" for 'data-server'; take it out`,
  );
});

test.each<EcpClusterProps>([
  EVERYWHERE,
  { ...EVERYWHERE, image: { ...SURROUNDINGS.image, hasWebServer: false }, webGateway: {} },
])('with %j a cluster needs exactly the waivers that come with it', props => {
  const { stack, cluster } = clusterOf({ ...props, dataServerOptions: { webPort: 8081 } });
  new DockerProvider(stack, 'docker');
  new TlsProvider(stack, 'tls');
  Aspects.of(stack).add(new CisDockerAspect({ waivers: ecpCisWaivers(cluster) }));
  expect(() => Testing.fullSynth(stack)).not.toThrow();
});
