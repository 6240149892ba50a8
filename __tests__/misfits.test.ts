import { Container } from '@cdktf/provider-docker/lib/container';
import { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { TlsProvider } from '@cdktf/provider-tls/lib/provider';
import { Testing, type TerraformStack } from 'cdktf';
import {
  DockerHost,
  EcpAppServer,
  EcpCluster,
  EcpDataServer,
  EcpNetwork,
  EcpPki,
  EcpWebGateway,
  Swarm,
  type EcpAppServerProps,
  type EcpDataServerProps,
} from '../constructs';
import { SURROUNDINGS, emptyStack, identityOf } from './synth';

/** A stack as it is deployed. */
function stackOf(): TerraformStack {
  const stack = emptyStack();
  new DockerProvider(stack, 'docker');
  new TlsProvider(stack, 'tls');
  return stack;
}

/** What synth says of a stack, as it says it to a user. */
function saysOf(stack: TerraformStack): string {
  try {
    Testing.synth(stack, true);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

/** A hand-built pair: each has what it needs, and the rest as the test says. */
function pairOf(server: Partial<EcpAppServerProps> = {}, data: Partial<EcpDataServerProps> = {}): TerraformStack {
  const stack = stackOf();
  const common = {
    clusterName: 'demo',
    image: SURROUNDINGS.image,
    network: new EcpNetwork(stack, 'network', { clusterName: 'demo' }),
    pki: new EcpPki(stack, 'pki', { clusterName: 'demo' }),
  };
  const dataServer = new EcpDataServer(stack, 'data', { ...common, ...data });
  new EcpAppServer(stack, 'app', { ...common, name: 'app-server-1', dataServer, ...server });
  return stack;
}

test('parts that fit are synthesized', () => {
  expect(saysOf(pairOf())).toBe('');
  expect(saysOf(pairOf({ name: 'batch' }, { additionalClients: ['batch'] }))).toBe('');
});

describe('an application server and its data server', () => {
  test('the data server must admit it', () => {
    expect(saysOf(pairOf({ name: 'batch' }))).toContain(
      "[stack/app] 'name' of 'stack/app' must be one that 'stack/data' admits, got 'batch'; call its allowAppServer('batch')",
    );
  });

  test('a data server that admits it later in the program does', () => {
    const stack = pairOf({ name: 'batch' });
    (stack.node.findChild('data') as EcpDataServer).allowAppServer('batch');
    expect(saysOf(stack)).toBe('');
  });

  test('a further data server must admit it too', () => {
    const stack = stackOf();
    const [blue, green] = ['blue', 'green'].map(
      (clusterName, index) =>
        new EcpCluster(stack, clusterName, {
          ...{ clusterName, appServers: [], image: SURROUNDINGS.image, dataServerOptions: { webPort: 9000 + index } },
        }),
    );
    const far = (name: string, { dataServer }: EcpCluster) => ({
      ...{ ...dataServer, name, host: `${name}-data-server` },
    });
    blue!.dataServer.allowAppServer('batch');
    new EcpAppServer(stack, 'batch', {
      ...{ clusterName: 'blue', name: 'batch', image: SURROUNDINGS.image, network: blue!.network, pki: blue!.pki },
      dataServer: far('blue', blue!),
      remoteDatabases: [
        { name: 'STOCK', dataServer: far('green', green!), globals: ['Stock'], network: green!.network },
      ],
    });
    expect(saysOf(stack)).toContain("must be one that 'stack/green/data-server' admits, got 'batch'");
  });

  test('both are in one network, or the data server is published', () => {
    const stack = stackOf();
    const other = new EcpNetwork(stack, 'network', { clusterName: 'other' });
    const own = new EcpNetwork(stack, 'own', { clusterName: 'own' });
    const { image, pki } = SURROUNDINGS;
    const parts = (publish?: EcpDataServerProps['publish']) => {
      const id = publish ? 'published' : 'plain';
      const dataServer = new EcpDataServer(stack, `data-${id}`, { clusterName: id, image, pki, network: own, publish });
      new EcpAppServer(stack, `app-${id}`, {
        ...{ clusterName: id, name: 'app-server-1', image, pki, dataServer, network: other },
      });
    };
    parts({ address: 'data.example.org' });
    expect(saysOf(stack)).toBe('');
    parts();
    expect(saysOf(stack)).toContain(
      "'network' of 'stack/app-plain' must be that of 'stack/data-plain', where alone it is the host 'data-server', got another; give both the same, or set 'publish' of the data server",
    );
  });

  test.each([
    ['one', 'two', true],
    ['one', '0123456789ab', false],
    ['one', '${data.docker_network.x.id}', false],
    ['${docker_network.x.id}', '${docker_network.y.id}', true],
  ])('of the networks %s and %s synth knows that they differ: %s', (one, two, isKnown) => {
    const networkOf = (networkId: string) => ({ network: { networkId }, pki: SURROUNDINGS.pki });
    expect(saysOf(pairOf(networkOf(one), networkOf(two))).includes("'network' of 'stack/app'")).toBe(isKnown);
  });

  test('they trust one authority', () => {
    const stack = stackOf();
    const pki = new EcpPki(stack, 'other', { clusterName: 'other' });
    const sentence =
      "'pki' of 'stack/app' must be one whose authority 'stack/data' trusts, and the other way round, got certificates of different authorities; give both the same";
    expect(saysOf(pairOf({ pki }))).toContain(sentence);
    const existing = (name: string, authority: string) =>
      EcpPki.fromExistingCertificates(stack, `${name}-${authority}`, {
        certificates: {
          [name]: {
            certificatePem: identityOf(name).certificate,
            privateKeyPem: identityOf(name).key,
            caBundlePem: identityOf(authority).certificate,
          },
        },
      });
    // Each signed by itself, and trusted by the other or not.
    const trusting = existing('app-server-1', 'data-server');
    expect(saysOf(pairOf({ pki: trusting }, { pki: existing('data-server', 'app-server-1') }))).toBe('');
    expect(saysOf(pairOf({ pki: trusting }, { pki: existing('data-server', 'authority') }))).toContain(sentence);
    // What Terraform makes is not known.
    expect(saysOf(pairOf({ pki: trusting }))).toBe('');
  });
});

describe('containers of one host', () => {
  test('have different names', () => {
    const stack = pairOf();
    new EcpDataServer(stack, 'again', { ...SURROUNDINGS, clusterName: 'demo' });
    expect(saysOf(stack)).toContain(
      "the container of 'stack/again' must have a name of its own, got 'demo-data-server', which that of 'stack/data' has; change 'clusterName' or the name of one of the two",
    );
  });

  test('are no two clusters of one name', () => {
    const stack = stackOf();
    new EcpCluster(stack, 'one', { appServers: [] });
    expect(() => new EcpCluster(stack, 'two', { appServers: [] })).toThrow(
      "'clusterName' of 'stack/two' must be another than that of 'stack/one', which is on the same host, got 'ecp'; name one of the two",
    );
    const provider = new DockerProvider(stack, 'far', { alias: 'far', host: 'ssh://far.example.org' });
    new EcpCluster(stack, 'three', { appServers: [], platform: new DockerHost({ provider }) });
    expect(saysOf(stack)).toBe('');
  });

  test('have different names as services of a swarm', () => {
    const stack = stackOf();
    const [one, two] = ['one', 'two'].map(id => new Swarm(stack, id, {}));
    const image = { ...SURROUNDINGS.image, imageReference: 'registry.example.org/ecp@sha256:0' };
    const network = new EcpNetwork(stack, 'network', { clusterName: 'demo', driver: 'overlay' });
    for (const [id, platform] of Object.entries({ data: one, again: two }))
      new EcpDataServer(stack, id, { ...SURROUNDINGS, image, network, clusterName: 'demo', platform });
    expect(saysOf(stack)).toContain(
      "the service of 'stack/again' must have a name of its own, got 'demo-data-server', which that of 'stack/data' has",
    );
  });

  test('have different ports, whoever defined them', () => {
    const stack = pairOf({ webPort: 9001 }, { webPort: 9000, publish: { address: 'a', port: 9002 } });
    expect(saysOf(stack)).toBe('');
    const gateway = new EcpWebGateway(stack, 'gateway', { clusterName: 'demo', network: SURROUNDINGS.network });
    gateway.addServer('app-server-7', 9001);
    new Container(stack, 'nginx', { name: 'nginx', image: 'nginx', ports: [{ internal: 80, external: 9000 }] });
    new Container(stack, 'dns', {
      ...{ name: 'dns', image: 'dns', ports: [{ internal: 53, external: 9000, protocol: 'udp' }] },
    });
    const says = saysOf(stack);
    const sentence = (one: string, port: number, other: string): string =>
      `the container of '${one}' must have a port of the host to itself, got ${port}, which that of '${other}' has; change 'webPort', 'appServerWebPortBase' or 'publish' of one of the two`;
    expect(says).toContain(sentence('stack/gateway/app-server-7', 9001, 'stack/app'));
    expect(says).toContain(sentence('stack/nginx', 9000, 'stack/data'));
    expect(says.match(/must have a port/g)).toHaveLength(2);
  });

  test('may share both with one of another host', () => {
    const stack = pairOf({ webPort: 9001 });
    const provider = new DockerProvider(stack, 'far', { alias: 'far', host: 'ssh://far.example.org' });
    new Container(stack, 'same', {
      ...{ name: 'demo-app-server-1', image: 'x', provider, ports: [{ internal: 1, external: 9001 }] },
    });
    expect(saysOf(stack)).toBe('');
  });
});
