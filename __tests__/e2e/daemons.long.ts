import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readFacts, rememberFacts } from '../../app/machine-facts';
import { DockerProxy, type Daemon } from './support/docker-proxy';
import { ThrowawayCa } from './support/pki';
import { Steps } from './support/steps';
import {
  dockerOk,
  ecp,
  ecpOk,
  eventually,
  printLogs,
  removeCluster,
  terraform,
  testCluster,
  type TestCluster,
} from './support/test-cluster';

jest.setTimeout(400_000);

const cluster = testCluster('ecp-daemons', 60, { ECP_APP_SERVERS: '1' });
const steps = new Steps();
const { step } = steps;
const CONFIG = join(cluster.folder, 'docker-config');

interface HostConfig {
  LogConfig?: { Config: object };
  Dns?: string[];
  Sysctls?: object;
  CpuShares?: number;
  Memory?: number;
  MemorySwap?: number;
}

const ofHost =
  (edit: (host: HostConfig) => void): NonNullable<Daemon['answers']>[string] =>
  ({ HostConfig: host }) =>
    edit(host as HostConfig);

/** Options of daemon.json that end up in what the daemon makes or tells. */
const ADDS: Daemon = {
  requests: {
    '/containers/create': ofHost(host => {
      host.LogConfig!.Config = { ...host.LogConfig!.Config, compress: 'true', labels: 'ecp.role', tag: '{{.Name}}' };
    }),
  },
  answers: {
    '/containers/*/json': ofHost(host => {
      host.Dns = ['192.0.2.53'];
      host.Sysctls = { 'net.ipv4.ping_group_range': '0 0' };
    }),
    '/networks/*': network => Object.assign(network, { EnableIPv6: true }),
  },
};

/** Without processor weight and swap, as a daemon does that does not even say so. */
const LEAVES_OUT: Daemon = {
  answers: {
    '/containers/*/json': ofHost(host => Object.assign(host, { CpuShares: 0, MemorySwap: -1 })),
  },
};

/** Without any limit, and says so: rootless Docker without delegated controllers. */
const ROOTLESS: Daemon = {
  answers: {
    '/containers/*/json': ofHost(host => Object.assign(host, { CpuShares: 0, Memory: 0, MemorySwap: -1 })),
    '/info': info => Object.assign(info, { MemoryLimit: false, SwapLimit: false, CPUShares: false }),
  },
};

const LEFT_OUT = 'note: the Docker daemon does not limit: ';
const KINDS: readonly { readonly kind: string; readonly daemon: Daemon; readonly says?: string }[] = [
  { kind: 'adds options of its own', daemon: ADDS },
  { kind: 'leaves limits out', daemon: LEAVES_OUT, says: `${LEFT_OUT}swap, processor weight; ` },
  { kind: 'leaves limits out and says so', daemon: ROOTLESS, says: `${LEFT_OUT}memory, swap, processor weight; ` },
];

async function idsOfContainers(): Promise<string[]> {
  const ids = await dockerOk('ps', '--all', '--quiet', '--no-trunc', '--filter', `label=ecp.cluster=${cluster.name}`);
  return ids.split('\n').sort();
}

/** The cluster with variables that lead to a daemon. */
function at(variables: Readonly<Record<string, string>>): TestCluster {
  return { ...cluster, environment: { ...cluster.environment, DOCKER_CONFIG: CONFIG, ...variables } };
}

/** Who asked for what: the docker command and the provider's own client name themselves differently. */
function agentsOf({ passed }: DockerProxy): string[] {
  return [...new Set(passed.map(({ agent }) => (/^Docker-Client\/\d/.test(agent) ? 'docker' : 'Terraform')))].sort();
}

function writeContext(name: string, docker: object): string {
  const hash = createHash('sha256').update(name).digest('hex');
  const [meta, tls] = [join(CONFIG, 'contexts', 'meta', hash), join(CONFIG, 'contexts', 'tls', hash, 'docker')];
  for (const folder of [meta, tls]) mkdirSync(folder, { recursive: true });
  writeFileSync(join(meta, 'meta.json'), JSON.stringify({ Name: name, Metadata: {}, Endpoints: { docker } }));
  return tls;
}

/** What the set-up remembered of daemons that end with this test. */
function forgetDaemons(): void {
  const others = Object.entries(readFacts().unlimited ?? {}).filter(([host]) => !host.includes(cluster.folder));
  rememberFacts({ unlimited: others.length > 0 ? Object.fromEntries(others) : undefined });
}

afterAll(async () => {
  try {
    if (steps.failed) await printLogs(cluster);
  } finally {
    await removeCluster(cluster);
    forgetDaemons();
  }
});

describe.each(KINDS)('a daemon that $kind', ({ kind, daemon, says }) => {
  const proxy = new DockerProxy(daemon);
  const socket = join(cluster.folder, `${kind.replaceAll(' ', '-')}.sock`);
  const there = at({ DOCKER_HOST: `unix://${socket}` });
  let ids: string[];

  beforeAll(() => proxy.listen(socket));
  afterAll(() => proxy.close());

  step('the first ./ecp up ends well', async () => {
    const output = await ecpOk(there, ['up', '--yes']);
    for (const line of [says ?? []].flat()) expect(output).toContain(line);
    if (says === undefined) expect(output).not.toContain(LEFT_OUT);
    ids = await idsOfContainers();
  });

  step('the second changes nothing', async () => {
    const output = await ecpOk(there, ['up', '--yes']);
    expect(output).toContain('0 added, 0 changed, 0 destroyed');
    expect(output).not.toContain('healed');
    expect(await idsOfContainers()).toEqual(ids);
  });

  step('a plan is empty, and ./ecp status finds no difference', async () => {
    const plan = await terraform(there, ['plan', '-input=false', '-no-color', '-detailed-exitcode']);
    expect({ code: plan.code, says: plan.stdout }).toMatchObject({ code: 0 });
    // On a busy machine a server may not answer in time at one look; a difference would stay.
    let said = '';
    await eventually(
      './ecp status without a word',
      60,
      async () => {
        const { code, stdout, stderr } = await ecp(there, ['status']);
        said = stdout + stderr;
        return code === 0 || undefined;
      },
      () => said,
    );
  });

  step('./ecp up --check says what it does not limit', async () => {
    const { stdout } = await ecp(there, ['up', '--check']);
    expect(stdout).toContain(`at unix://${socket} (DOCKER_HOST)`);
    const words = says?.replace('note: ', '') ?? 'memory, swap, processor weight';
    expect(stdout).toMatch(new RegExp(`${says === undefined ? '✓' : '!'} limits .*${words}`));
  });
});

describe('the docker command and Terraform work on one daemon', () => {
  const plain = new DockerProxy();
  const socket = join(cluster.folder, 'plain.sock');
  let secure: DockerProxy;
  let port: number;

  beforeAll(async () => {
    await plain.listen(socket);
    const ca = await ThrowawayCa.create('daemon', '');
    const [server, client] = [await ca.issue('localhost'), await ca.issue('client')];
    const folder = join(cluster.folder, 'server');
    mkdirSync(folder);
    const files = { ca: ca.pem, 'server-cert': server.cert, 'server-key': server.key };
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, `${name}.pem`), content);
    secure = new DockerProxy({}, folder);
    port = await secure.listen();
    const clientFiles = { 'ca.pem': ca.pem, 'cert.pem': client.cert, 'key.pem': client.key };
    const folders = [
      writeContext('secure', { Host: `tcp://localhost:${port}`, SkipTLSVerify: false }),
      writeContext('unverified', { Host: `tcp://127.0.0.1:${port}`, SkipTLSVerify: true }),
      CONFIG,
    ];
    for (const target of folders)
      for (const [name, content] of Object.entries(clientFiles)) writeFileSync(join(target, name), content);
    ca.remove();
  });

  beforeEach(() => {
    plain.passed.length = 0;
    secure.passed.length = 0;
  });

  afterAll(() => {
    plain.close();
    secure.close();
  });

  const both = ['Terraform', 'docker'];
  const CASES: readonly (readonly [string, () => Record<string, string>, 'plain' | 'secure' | 'neither'])[] = [
    [
      'DOCKER_HOST, against DOCKER_CONTEXT',
      () => ({ DOCKER_HOST: `unix://${socket}`, DOCKER_CONTEXT: 'secure' }),
      'plain',
    ],
    ['a context with certificates in $DOCKER_CONFIG', () => ({ DOCKER_CONTEXT: 'secure' }), 'secure'],
    ['a context that takes any certificate', () => ({ DOCKER_CONTEXT: 'unverified' }), 'secure'],
    [
      'certificates in the default folder',
      () => ({ DOCKER_HOST: `tcp://localhost:${port}`, DOCKER_TLS_VERIFY: '1' }),
      'secure',
    ],
    [
      'DOCKER_CONTEXT=default, beside a folder of certificates',
      () => ({ DOCKER_CONTEXT: 'default', DOCKER_CERT_PATH: CONFIG }),
      'neither',
    ],
  ];

  for (const [name, variables, where] of CASES)
    step(name, async () => {
      const output = await ecpOk(at(variables()), ['up', '--yes']);
      expect(output).toContain('0 added, ');
      expect(agentsOf(plain)).toEqual(where === 'plain' ? both : []);
      expect(agentsOf(secure)).toEqual(where === 'secure' ? both : []);
      const stack = readFileSync(join(cluster.stackDirectory, 'cdk.tf.json'), 'utf8');
      expect(stack).not.toContain('PRIVATE KEY');
    });

  step('plain Terraform too, by what the stack says', async () => {
    await ecpOk(at({ DOCKER_CONTEXT: 'secure' }), ['up', '--yes']);
    secure.passed.length = 0;
    const plan = await terraform(cluster, ['plan', '-input=false', '-no-color', '-detailed-exitcode']);
    expect({ code: plan.code, says: plan.stdout + plan.stderr }).toMatchObject({ code: 0 });
    expect(agentsOf(secure)).toEqual(['Terraform']);
  });
});
