import { TerraformElement, TerraformLocal, TerraformResource, type TerraformStack } from 'cdktf';
import * as library from 'cdktf-iris-ecp';
import { Construct } from 'constructs';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SURROUNDINGS, emptyStack, resources, synth } from './synth';

const {
  EcpAppServer,
  EcpArbiter,
  EcpBackup,
  EcpCluster,
  EcpDataServer,
  EcpEntryPoint,
  EcpMonitoring,
  EcpNetwork,
  EcpPki,
  EcpWebGateway,
  IrisImage,
  RehearsalImage,
  Swarm,
} = library;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ecp-contract-'));
  for (const name of ['iris.key', 'password']) writeFileSync(join(folder, name), `${name}\n`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A use of each construct. `n` is all that tells the first use from the second. */
const USES: Readonly<Record<string, (stack: TerraformStack, n: number) => Construct>> = {
  EcpPki: (stack, n) => {
    const pki = new EcpPki(stack, `pki-${n}`, { clusterName: `cluster-${n}`, signingCa: 1, trustedCas: [1, 2] });
    pki.issueCertificate('data-server', { role: 'data-server' });
    return pki;
  },
  EcpNetwork: (stack, n) => new EcpNetwork(stack, `network-${n}`, { clusterName: `alone-${n}` }),
  RehearsalImage: (stack, n) => new RehearsalImage(stack, `rehearsal-${n}`),
  IrisImage: (stack, n) =>
    new IrisImage(stack, `iris-${n}`, {
      licenseKeyFile: join(folder, 'iris.key'),
      passwordFile: join(folder, 'password'),
    }),
  EcpDataServer: (stack, n) =>
    new EcpDataServer(stack, `data-${n}`, { ...SURROUNDINGS, clusterName: `data-${n}`, dataRetention: 'destroy' }),
  EcpAppServer: (stack, n) =>
    new EcpAppServer(stack, `app-${n}`, {
      ...SURROUNDINGS,
      clusterName: `app-${n}`,
      name: 'app-server-1',
      dataServer: { name: 'data-server', host: 'data.example.org', port: 1972 },
    }),
  EcpArbiter: (stack, n) =>
    new EcpArbiter(stack, `arbiter-${n}`, {
      ...SURROUNDINGS,
      image: { ...SURROUNDINGS.image, features: { mirrors: true } },
      clusterName: `arbitrated-${n}`,
      mirror: { name: 'ECP', members: ['a', 'b'], arbiter: true },
    }),
  EcpBackup: (stack, n) => {
    const clusterName = `kept-${n}`;
    const dataServer = new EcpDataServer(stack, `kept-${n}`, { ...SURROUNDINGS, clusterName });
    const passwordFile = join(folder, 'password');
    return new EcpBackup(stack, `backup-${n}`, {
      ...SURROUNDINGS,
      ...{ clusterName, dataServer, passwordFile, verify: '0 4 * * *' },
      repository: { volume: `repository-${n}` },
    });
  },
  EcpEntryPoint: (stack, n) => {
    const clusterName = `entered-${n}`;
    const entryPoint = new EcpEntryPoint(stack, `entry-${n}`, { ...SURROUNDINGS, clusterName, port: 9300 + n });
    entryPoint.addServer({ name: 'app-server-1', dependsOn: [] });
    return entryPoint;
  },
  EcpMonitoring: (stack, n) =>
    new EcpMonitoring(stack, `monitoring-${n}`, {
      ...SURROUNDINGS,
      clusterName: `watched-${n}`,
      prometheusPort: 9300 + n,
      alertmanagerPort: 9400 + n,
    }),
  EcpWebGateway: (stack, n) => {
    const { network } = SURROUNDINGS;
    const gateway = new EcpWebGateway(stack, `gateway-${n}`, { clusterName: `gateway-${n}`, network });
    gateway.addServer('app-server-1', 9000 + n);
    return gateway;
  },
  EcpCluster: (stack, n) =>
    new EcpCluster(stack, `cluster-${n}`, {
      clusterName: `whole-${n}`,
      dataServerOptions: { webPort: 9100 + n },
      appServerWebPortBase: 9200 + 10 * n,
    }),
  Swarm: (stack, n) => {
    const swarm = new Swarm(stack, `swarm-${n}`);
    const { pki } = SURROUNDINGS;
    const image = { ...SURROUNDINGS.image, imageReference: 'registry.example.org/ecp@sha256:0' };
    new EcpCluster(stack, `moving-${n}`, { clusterName: `moving-${n}`, platform: swarm, image, pki });
    return swarm;
  },
};

test('this test covers every exported construct', () => {
  const constructs = Object.entries(library)
    .filter(([, value]) => value.prototype instanceof Construct)
    .map(([name]) => name);
  expect(Object.keys(USES).sort()).toEqual(constructs.sort());
});

describe.each(Object.keys(USES))('%s', name => {
  const used = (times: number): TerraformStack => {
    const stack = emptyStack();
    for (let n = 1; n <= times; n++) USES[name]!(stack, n);
    return stack;
  };

  test('makes resources, and no provider, output, variable, backend or data source', () => {
    const stack = used(1);
    const foreign = stack.node
      .findAll()
      .filter(node => TerraformElement.isTerraformElement(node))
      // A local only names a text within the stack.
      .filter(node => !(node instanceof TerraformResource || node instanceof TerraformLocal));
    expect(foreign.map(node => node.node.path)).toEqual([]);
    expect(Object.keys(synth(stack)).filter(key => key !== 'locals')).toEqual(['resource']);
  });

  test('can be used twice in one stack: each has resources of its own, and names of its own in Docker', () => {
    const [once, twice] = [used(1), used(2)];
    const types = Object.keys(synth(once).resource!);
    expect(Object.keys(synth(twice).resource!)).toEqual(types);
    for (const type of types) {
      expect(Object.keys(resources(twice, type))).toHaveLength(2 * Object.keys(resources(once, type)).length);
      const names = Object.values(resources(twice, type)).map(each => each.name);
      // An image's name is the hash of its content: the same image twice is one image.
      if (/^docker_(container|network|volume)$/.test(type)) expect(new Set(names).size).toBe(names.length);
    }
  });

  test('does not depend on environment, folder or time', () => {
    const before = { ...process.env };
    const text = JSON.stringify(synth(used(2)));
    try {
      for (const key of Object.keys(process.env)) if (/ECP|DOCKER|TF_|HOME|USER/.test(key)) delete process.env[key];
      const settings = [
        'CLUSTER',
        'ENGINE',
        'APP_SERVERS',
        'SUBNET',
        'KEY_ALGORITHM',
        'REHEARSAL_BASE_IMAGE',
        'IRIS_IMAGE',
      ];
      for (const setting of settings) process.env[`ECP_${setting}`] = 'other';
      process.env.DOCKER_HOST = 'tcp://192.0.2.1:2375';
      jest.useFakeTimers({ now: new Date('2031-01-01T00:00:00Z') });
      expect(JSON.stringify(synth(used(2)))).toBe(text);
    } finally {
      jest.useRealTimers();
      process.env = before;
    }
  });

  test('exposes its primary resource for overrides', () => {
    // GIVEN
    const stack = emptyStack();
    const construct = USES[name]!(stack, 1);
    const shown = PRIMARY[name]!(construct);

    // WHEN
    for (const resource of shown) resource.addOverride('lifecycle.prevent_destroy', true);

    // THEN
    const text = Object.values(synth(stack).resource!).flatMap(each => Object.values(each));
    const overridden = text.filter(
      each => (each as { lifecycle?: { prevent_destroy?: boolean } }).lifecycle?.prevent_destroy === true,
    );
    expect(overridden).toHaveLength(shown.length);
    expect(shown).toContain(construct.node.defaultChild);
  });
});

/** The resource that each construct shows; a cluster shows its parts, which show theirs. */
const PRIMARY: Readonly<Record<string, (construct: Construct) => TerraformResource[]>> = {
  EcpPki: construct => [(construct as library.EcpPki).certificate],
  EcpNetwork: construct => [(construct as library.EcpNetwork).network],
  RehearsalImage: construct => [(construct as library.RehearsalImage).image],
  IrisImage: construct => [(construct as library.IrisImage).image],
  EcpDataServer: construct => [(construct as library.EcpDataServer).container],
  EcpAppServer: construct => [(construct as library.EcpAppServer).container],
  EcpArbiter: construct => [(construct as library.EcpArbiter).container],
  EcpBackup: construct => [(construct as library.EcpBackup).container],
  EcpEntryPoint: construct => [(construct as library.EcpEntryPoint).container],
  EcpMonitoring: construct => {
    const { prometheus, alertmanager } = construct as library.EcpMonitoring;
    return [prometheus, alertmanager];
  },
  EcpWebGateway: construct => [(construct as library.EcpWebGateway).image],
  EcpCluster: construct => {
    const { dataServer, appServers } = construct as library.EcpCluster;
    return [dataServer.container, ...appServers.map(server => server.container)];
  },
  Swarm: construct => (construct as library.Swarm).deliveryServices,
};

test('the sources use no machine state, clock or randomness', () => {
  const sources = join(__dirname, '..', 'constructs');
  for (const path of readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter(each => each.endsWith('.ts'))) {
    const code = readFileSync(join(sources, path), 'utf8');
    const found = code.match(
      /\bDate\b|Math\.random|random(Bytes|UUID)|['"](node:)?(os|child_process|net|http)['"]|hrtime/g,
    );
    expect({ path, found }).toEqual({ path, found: null });
  }
});
