/**
 * docs/container-contract.md, row by row, against a running image. Without settings it builds and tests the rehearsal image;
 * ECP_CONTRACT_IMAGE and ECP_CONTRACT_ENGINE name another one, ECP_REHEARSAL_BASE_IMAGE another base for the build.
 */
import { join } from 'node:path';
import { docker, exec, removeLabelled, sleep, waitFor } from './support/docker';
import { pauseContainer } from './support/pause';
import { ThrowawayCa, type Identity } from './support/pki';
import { Server, withServer, type ContractCluster } from './support/server';
import { Session } from './support/session';

jest.setTimeout(60_000);

const engine = process.env.ECP_CONTRACT_ENGINE ?? 'rehearsal';
const cluster = `contract-${process.pid}`;
const label = `ecp.cluster=${cluster}`;
const clients = ['CN=app-server-1', 'CN=app-server-2', 'CN=odd name, with \\ and ;'];
const directory = engine === 'iris' ? '/durable/iris/mgr/myappdata/' : '/durable/ecp/myappdata/';

const ssl = (verifyPeer: number, type: string) => ({
  CAFile: '/ecp/files/pki/ca.pem',
  CertificateFile: '/ecp/files/pki/cert.pem',
  PrivateKeyFile: '/ecp/files/pki/key.pem',
  Type: type,
  VerifyPeer: verifyPeer,
});
const dataConfig = {
  'Security.Services': { '%Service_ECP': { Enabled: true, ClientSystems: 'app-server-1;app-server-2' } },
  'Security.SSLConfigs': { '%ECPServer': ssl(3, '1') },
  'Security.System': { SSLECPServer: 2 },
  'SYS.Databases': { [directory]: {} },
  Databases: { myappdata: { Directory: directory } },
};
const appConfig = (change: { address?: string; directory?: string; enabled?: boolean } = {}) => ({
  'Security.Services': { '%Service_ECP': { Enabled: change.enabled ?? true } },
  'Security.SSLConfigs': { '%ECPClient': ssl(1, '0') },
  ECPServers: { 'data-server': { Address: change.address ?? 'data-server', Port: '1972', SSLConfig: '1' } },
  Databases: { myappdata: { Directory: change.directory ?? directory, Server: 'data-server' } },
  MapGlobals: { USER: [{ Name: 'demo.*', Database: 'myappdata' }] },
});

let bed: ContractCluster;
let ca: ThrowawayCa;
let otherCa: ThrowawayCa;
const authorities: ThrowawayCa[] = [];
let data: Server;
let app: Server;
let app2: Server;
const identities: Record<string, Identity> = {};

async function image(): Promise<string> {
  if (process.env.ECP_CONTRACT_IMAGE !== undefined) return process.env.ECP_CONTRACT_IMAGE;
  const local = 'ecp-rehearsal-base:bookworm';
  const hasLocal = (await docker(['image', 'inspect', local], { mayFail: true })).code === 0;
  const base = process.env.ECP_REHEARSAL_BASE_IMAGE ?? (hasLocal ? local : 'debian:bookworm-slim');
  const context = join(__dirname, '..', '..', 'images', 'rehearsal');
  const tag = 'ecp-contract:rehearsal';
  await docker(['build', '-q', '-t', tag, '--build-arg', `BASE_IMAGE=${base}`, context], { timeoutSec: 600 });
  return tag;
}

const dataFiles = (identity = identities['data-server']!, bundle = ca.pem) => ({
  config: dataConfig,
  ca: bundle,
  identity,
  authorizedClients: clients,
});
const appFiles = (name: string, config: object = appConfig()) => ({ config, ca: ca.pem, identity: identities[name]! });

/** A client of port 1972 that is no engine: openssl in a container of its own. */
async function knock(args: string, identity?: Identity): Promise<string> {
  const { stdout, stderr } = await docker(
    [
      'run',
      '--rm',
      '-i',
      '--label',
      label,
      '--network',
      cluster,
      '--entrypoint',
      'bash',
      bed.image,
      '-c',
      `cd /tmp; cat >c.pem; sleep 2 | timeout 5 openssl s_client -quiet -connect data-server:1972 ${args}`,
    ],
    { input: identity ? identity.cert + identity.key : '', mayFail: true },
  );
  return stdout + stderr;
}

beforeAll(async () => {
  bed = { image: await image(), cluster };
  ca = await ThrowawayCa.create('contract test', bed.image);
  otherCa = await ThrowawayCa.create('another', bed.image);
  authorities.push(ca, otherCa);
  for (const name of ['data-server', 'app-server-1', 'app-server-2', 'stranger', 'data-server-2'])
    identities[name] = await ca.issue(name);
  await docker(['network', 'create', '--label', label, cluster]);
  data = new Server(bed, 'data-server', 'data-server');
  app = new Server(bed, 'app-server-1', 'app-server');
  app2 = new Server(bed, 'app-server-2', 'app-server');
  await data.deliver(dataFiles());
  await data.start(dataConfig);
  for (const server of [app, app2]) {
    await server.deliver(appFiles(server.name));
    await server.start(appConfig());
  }
  for (const server of [data, app, app2]) await server.waitForHealth('healthy', 60);
}, 700_000);

let failed = false;
afterEach(() => {
  failed ||= expect.getState().numPassingAsserts !== expect.getState().assertionCalls;
});

afterAll(async () => {
  try {
    for (const server of failed ? [data, app, app2] : []) {
      const { stdout, stderr } = await docker(['logs', '--tail', '40', server.container], { mayFail: true });
      console.log(`${server.name}:\n${stdout}${stderr}`);
    }
  } finally {
    authorities.forEach(authority => authority.remove());
    await removeLabelled(label);
  }
}, 120_000);

const put = async (server: Server, ref: string, value: string | Buffer) => {
  const { code, stderr } = await server.node(['set', ref], { input: value });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
};

describe('container', () => {
  test('runs as 51773 and reads its key, which nobody else can', async () => {
    for (const server of [data, app]) {
      const { stdout } = await exec(server.container, ['sh', '-c', 'id -u; stat -Lc "%a %u" /ecp/files/pki/key.pem']);
      expect(stdout).toBe('51773\n400 51773\n');
    }
  });

  test('holds nothing secret in its environment and no setuid program', async () => {
    const { stdout } = await docker(['inspect', '-f', '{{json .Config.Env}}', data.container]);
    expect(
      (JSON.parse(stdout) as string[])
        .map(variable => variable.split('=')[0])
        .filter(name => name !== 'PATH')
        .sort(),
    ).toEqual(['ECP_CONFIG_SHA256', 'ECP_ROLE']);
    if (engine === 'rehearsal') {
      expect((await exec(data.container, ['find', '/usr', '/opt', '-perm', '/6000', '-type', 'f'])).stdout).toBe('');
    }
  });

  test('serves the database through port 1972 only', async () => {
    const { stdout } = await exec(data.container, ['cat', '/proc/net/tcp', '/proc/net/tcp6']);
    const open = stdout
      .split('\n')
      .filter(line => line.includes(' 0A '))
      .map(line => line.trim().split(/\s+/)[1]!);
    const reachable = open
      .filter(address => !/^(0100007F|0B00007F)/.test(address))
      .map(address => address.split(':')[1]);
    expect(reachable.map(port => parseInt(port!, 16)).sort()).toEqual([1972, 52773]);
  });
});

describe('ecp-node', () => {
  test('status has the shape of the contract', async () => {
    const shape = {
      engine,
      state: 'Normal',
      since: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      reason: '',
      refused: expect.any(Array),
      config: { expected: expect.stringMatching(/^[0-9a-f]{64}$/), actual: expect.any(String) },
      ignored: expect.any(Array),
    };
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const certificate = (subject: string) => ({
      ...{ subject, issuer: 'CN=contract test', serial: expect.stringMatching(/^[0-9A-F]+$/) },
      ...{ notBefore: time, notAfter: time, authorities: [{ subject: 'CN=contract test', notAfter: time }] },
    });
    await waitFor('both application servers are peers', 5, async () => {
      const { peers } = await data.status();
      return peers.length === 2 || peers;
    });
    const onData = await data.status();
    expect(onData).toEqual({
      ...shape,
      role: 'data-server',
      server: 'data-server',
      admitted: clients,
      fenced: [],
      readOnly: [],
      peers: expect.arrayContaining(['app-server-1', 'app-server-2'].map(name => ({ name, state: 'Normal' }))),
      certificate: certificate('CN=data-server'),
    });
    expect(onData.config.actual).toBe(onData.config.expected);
    expect(await app.status()).toEqual({
      ...shape,
      role: 'app-server',
      server: 'app-server-1',
      admitted: [],
      fenced: [],
      readOnly: [],
      peers: [{ name: 'data-server', state: 'Normal' }],
      certificate: certificate('CN=app-server-1'),
    });
  });

  test('a healthy probe prints state and certificate as status has them', async () => {
    for (const server of [data, app]) {
      const { stdout } = await docker(['inspect', '-f', '{{json .State.Health.Log}}', server.container]);
      const probes = JSON.parse(stdout) as { readonly ExitCode: number; readonly Output: string }[];
      const { state, since, reason, certificate } = await server.status();
      const words = JSON.parse(probes.filter(({ ExitCode: code }) => code === 0).at(-1)!.Output) as unknown;
      expect(words).toEqual({ state, since, reason, certificate });
    }
  });

  test('a value written on one server is read on every other one', async () => {
    await put(app, '^demo.ecp(1)', 'from the first');
    await put(app2, '^demo.ecp(2)', 'line\n"quoted"\n\n');
    expect((await app.node(['sync'])).code).toBe(0);
    for (const server of [data, app, app2]) {
      expect((await server.node(['get', '^demo.ecp(1)'])).stdout).toBe('from the first\n');
      expect((await server.node(['zwrite', '^demo.ecp'])).stdout).toBe(
        '^demo.ecp(1)="from the first"\n^demo.ecp(2)="line"_$C(10)_"""quoted"""_$C(10)\n',
      );
    }
    expect((await app2.node(['kill', '^demo.ecp'])).code).toBe(0);
    expect(await app.node(['get', '^demo.ecp(1)'])).toEqual({
      code: 1,
      stdout: '',
      stderr: '<UNDEFINED> ^demo.ecp(1)\n',
    });
  });

  test('takes 32,000 bytes of any kind and subscripts of 200 bytes', async () => {
    const value = Buffer.from(Array.from({ length: 32_000 }, (_, i) => (i * 7919) % 256));
    const ref = `^demo.big("${'k'.repeat(199)}""",-1.50)`;
    await put(app, ref, value);
    const { stdout } = await data.node(['get', `^demo.big("${'k'.repeat(199)}""",-1.5)`]);
    expect(Buffer.from(stdout, 'latin1').equals(Buffer.concat([value, Buffer.from('\n')]))).toBe(true);
    expect((await app.node(['set', '^demo.big'], { input: Buffer.alloc(32_001, 'x') })).code).toBe(2);
    expect((await app.node(['zwrite', '^demo.big'])).stdout).toContain(`${'k'.repeat(199)}""",-1.5)=`);
    await app.node(['kill', '^demo.big']);
  });

  test('refuses references that are not plain ones, with one sentence, and runs nothing', async () => {
    const references = [
      '^demo.ecp($zsystem("touch /tmp/x"))',
      '^demo.ecp("a"_$zsystem("touch /tmp/x"))',
      '^demo.ecp(@x)',
      '^demo.ecp(x)',
      '^demo.ecp(1',
      '^demo.ecp("a)',
      '^demo.ecp(1)x',
      '^demo.ecp()',
      '^demo.ecp("")',
      '^demo.ecp(1,)',
      '^demo.ecp(1+1)',
      '^demo.ecp(1):x',
      '^|"x"|demo.ecp',
      '^["^^/tmp/"]demo.ecp',
      '^demo.',
      'demo.ecp(1)',
      '^%demo',
      '',
      '^',
      '^other(1)',
      `^demo.${'x'.repeat(40)}`,
      `^demo.ecp("${'k'.repeat(501)}")`,
    ];
    const script = `while IFS= read -r ref; do for verb in get set kill zwrite; do
      out=$(ecp-node "$verb" "$ref" 2>&1 <<<x) && rc=0 || rc=$?; echo "$verb $ref: $rc $out"; done; done; ls /tmp/x 2>&1`;
    const { stdout } = await exec(app.container, ['bash', '-c', script], {
      input: `${references.join('\n')}\n`,
      mayFail: true,
    });
    const lines = stdout.trim().split('\n');
    expect(lines.pop()).toContain('No such file');
    expect(lines).toHaveLength(references.length * 4);
    for (const line of lines) expect(line).toMatch(/: 2 (<[A-Z]+> |ecp-node: usage: )/);
  });

  test('a session answers command by command, survives errors and never runs code', async () => {
    const input = [
      'set ^demo.s(1)="a ""b"""',
      'set ^demo.s(2)=-1.5',
      'write ^demo.s(1)',
      'zwrite ^demo.s',
      'write ^demo.s(9)',
      'set ^demo.s(3)=$zsystem("touch /tmp/x")',
      'do ^%ZSY',
      'kill ^demo.s',
      'sync',
      'halt',
      'set ^demo.s(4)=1',
    ].join('\n');
    const { code, stdout } = await app.node(['session'], { input });
    expect(stdout.split('\n')).toEqual([
      'ok',
      'ok',
      'a "b"',
      'ok',
      '^demo.s(1)="a ""b"""',
      '^demo.s(2)=-1.5',
      'ok',
      '<UNDEFINED> ^demo.s(9)',
      '<SYNTAX> a value is a number or a "string"',
      '<SYNTAX> unknown command (try help)',
      'ok',
      'ok',
      '',
    ]);
    expect(code).toBe(1);
    expect((await app.node(['get', '^demo.s(4)'])).code).toBe(1);
  });

  test('a session says which engine it is, on a terminal', async () => {
    const typed = '(sleep 1; echo halt) | script -qec "ecp-node session" /dev/null';
    const { stdout } = await exec(app.container, ['bash', '-c', typed]);
    if (engine === 'rehearsal') expect(stdout).toContain('not InterSystems IRIS');
  });

  test('a namespace is one that a mapping names, and on a data server its database', async () => {
    await app.node(['set', '--namespace', 'user', '^demo.space(1)'], { input: 'x' });
    expect((await app.node(['get', '--namespace', 'USER', '^demo.space(1)'])).stdout).toBe('x\n');
    expect((await data.node(['get', '--namespace', 'myappdata', '^demo.space(1)'])).stdout).toBe('x\n');
    const session = await app.node(['session', '--namespace', 'USER'], { input: 'write ^demo.space(1)\n' });
    expect(session.stdout).toBe('x\nok\n');
    for (const server of [app, data]) {
      const { code, stderr } = await server.node(['get', '--namespace', 'OTHER', '^demo.space(1)']);
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: expect.stringMatching(
          /^ecp-node: '--namespace' must be .+, got 'OTHER'; it has (USER|myappdata)\n$/,
        ) as string,
      });
    }
  });

  test('an application server has globals of two data servers, with a peer and a state for each', async () => {
    const { ECPServers, Databases, MapGlobals, ...rest } = appConfig();
    const config = {
      ...rest,
      ECPServers: { ...ECPServers, second: { Address: 'data-server-2', Port: '1972', SSLConfig: '1' } },
      Databases: { ...Databases, stock: { Directory: '/durable/stock/', Server: 'second' } },
      MapGlobals: { ...MapGlobals, SHOP: [{ Name: 'stock*', Database: 'stock' }] },
    };
    const stock = {
      ...dataConfig,
      'SYS.Databases': { '/durable/stock/': {} },
      Databases: { stock: { Directory: '/durable/stock/' } },
    };
    const second = new Server(bed, 'data-server-2', 'data-server', `${cluster}-data-2`);
    const both = new Server(bed, 'both', 'app-server');
    await withServer(second, { ...dataFiles(identities['data-server-2']), config: stock }, async () => {
      await second.waitForState('Normal', 30);
      await withServer(both, { ...appFiles('app-server-2'), config }, async () => {
        await both.waitForState('Normal', 30);
        expect((await both.status()).peers).toEqual([
          { name: 'data-server', state: 'Normal' },
          { name: 'second', state: 'Normal' },
        ]);
        await both.node(['set', '^demo.two(1)'], { input: 'first' });
        await both.node(['set', '--namespace', 'SHOP', '^stock(1)'], { input: 'second' });
        expect(await both.node(['sync'])).toEqual({ code: 0, stdout: '', stderr: '' });
        expect((await data.node(['get', '^demo.two(1)'])).stdout).toBe('first\n');
        expect((await second.node(['get', '^stock(1)'])).stdout).toBe('second\n');
        expect((await second.node(['get', '^demo.two(1)'])).code).toBe(1);
        const session = await both.node(['session', '--namespace', 'SHOP'], {
          input: 'set ^stock(2)="x"\nsync\nwrite ^stock(1)\n',
        });
        expect(session.stdout).toBe('ok\nok\nsecond\nok\n');

        await docker(['stop', '-t', '30', second.container]);
        await both.waitForState('Trouble', 10);
        const { reason, peers } = await both.status();
        expect(reason).toMatch(/second|data-server-2/);
        expect(peers).toEqual([
          { name: 'data-server', state: 'Normal' },
          { name: 'second', state: expect.not.stringContaining('Normal') as string },
        ]);
        expect((await both.node(['get', '^demo.two(1)'])).stdout).toBe('first\n');
        expect((await both.node(['get', '--namespace', 'SHOP', '^stock(1)'])).code).toBe(3);
        expect((await both.node(['sync'])).code).toBe(3);
        await docker(['start', second.container]);
        await both.waitForState('Normal', 30);
        expect((await both.node(['get', '--namespace', 'SHOP', '^stock(2)'])).stdout).toBe('x\n');

        await both.node(['set', '--namespace', 'SHOP', '^stock(3)'], { input: 'y' });
        await both.node(['set', '^demo.two(2)'], { input: 'y' });
        await docker(['kill', second.container]);
        await docker(['start', second.container]);
        await both.waitForState('Normal', 40);
        expect(await both.node(['sync'])).toMatchObject({
          code: 1,
          stderr: expect.stringContaining('writes since the last sync may be lost') as string,
        });
        expect((await both.node(['sync'])).code).toBe(0);
      });
    });
  }, 180_000);

  test('wrong use is exit code 2 and one line', async () => {
    for (const verb of [
      [],
      ['bogus'],
      ['get'],
      ['get', '^demo.ecp', 'x'],
      ['get', '--namespace'],
      ['get', '--namespace', ''],
      ['sync', 'x'],
    ]) {
      expect(await app.node(verb)).toEqual({
        code: 2,
        stdout: '',
        stderr: expect.stringMatching(/^ecp-node: usage: .+\n$/),
      });
    }
  });
});

describe('durability', () => {
  test('what a sync followed is there after kill -9 of the data server, which comes back by itself', async () => {
    const sets = Array.from({ length: 2000 }, (_, i) => `set ^demo.d(${i})="v${i}"\n`).join('');
    const { stdout } = await app.node(['session'], { input: `${sets}sync\n` });
    expect(stdout).toBe('ok\n'.repeat(2001));
    const { stdout: pid } = await docker(['inspect', '-f', '{{.State.Pid}}', data.container]);
    process.kill(Number(pid), 'SIGKILL');
    await app.waitForState('Trouble', 5);
    for (const server of [data, app, app2]) await server.waitForState('Normal', 15);
    const lines = (await data.node(['zwrite', '^demo.d'])).stdout.trim().split('\n');
    expect(lines).toHaveLength(2000);
    expect(lines[1999]).toBe('^demo.d(1999)="v1999"');
  });

  test('stops within its time with exit code 0, keeps its data and comes back', async () => {
    for (const server of [app2, data]) {
      await docker(['stop', '-t', '30', server.container]);
      expect((await docker(['inspect', '-f', '{{.State.ExitCode}}', server.container])).stdout).toBe('0\n');
      await docker(['start', server.container]);
    }
    for (const server of [data, app, app2]) await server.waitForState('Normal', 15);
    expect((await app2.node(['get', '^demo.d(7)'])).stdout).toBe('v7\n');
  });

  test('refuses damaged data that nothing is left to rebuild from', async () => {
    const file = `${directory}${engine === 'iris' ? 'IRIS.DAT' : 'GTM.DAT'}`;
    await docker(['stop', data.container]);
    const flip = (script: string) =>
      docker([
        'run',
        '--rm',
        '--label',
        label,
        '-v',
        `${cluster}-data:/durable`,
        '--entrypoint',
        'bash',
        bed.image,
        '-c',
        script,
      ]);
    const damage = `printf x | dd of=${file} bs=1 seek=400000 conv=notrunc status=none; rm -f ${directory}copy.*`;
    await flip(`cp -a ${directory} /durable/kept && ${damage}`);
    await docker(['start', data.container]);
    await data.waitForState('Failed', 10);
    expect((await data.status()).reason).toContain('damaged');
    expect((await data.node(['get', '^demo.d(7)'])).code).toBe(3);
    await docker(['stop', data.container]);
    await flip(`rm -rf ${directory}* && cp -a /durable/kept/. ${directory} && rm -r /durable/kept`);
    await docker(['start', data.container]);
    for (const server of [data, app, app2]) await server.waitForState('Normal', 20);
  });
});

describe('health', () => {
  test('a paused data server is Trouble within 5 s, then unhealthy; Normal soon after', async () => {
    await app.waitForHealth('healthy', 10);
    await pauseContainer(data.container);
    try {
      await app.waitForState('Trouble', 5);
      const start = Date.now();
      expect(await app.node(['get', '^demo.d(1)'], { timeoutSec: 20 })).toMatchObject({ code: 3, stdout: '' });
      expect(Date.now() - start).toBeLessThan(14_000);
      await app.waitForHealth('unhealthy', 15);
      const { stdout } = await docker(['inspect', '-f', '{{json .State.Health.Log}}', app.container]);
      expect(stdout).toContain('Trouble: ');
    } finally {
      await docker(['unpause', data.container]);
    }
    await app.waitForState('Normal', 5);
    await app.waitForHealth('healthy', 10);
  });

  test('a partition is Trouble within 5 s and heals', async () => {
    await docker(['network', 'disconnect', cluster, data.container]);
    await app.waitForState('Trouble', 5);
    await docker(['network', 'connect', '--alias', 'data-server', cluster, data.container]);
    await app.waitForState('Normal', 10);
  });

  test('leaves no process behind', async () => {
    await sleep(2);
    const { stdout } = await exec(app.container, [
      'sh',
      '-c',
      'cat /proc/[0-9]*/stat | cut -d" " -f3 | sort | uniq -c',
    ]);
    expect(stdout).not.toContain('Z');
    expect(stdout.split('\n').length).toBeLessThan(5);
  });
});

describe('admission', () => {
  const refusal = (subject: string, why: RegExp) =>
    waitFor(`a refusal of ${subject}`, 5, async () => {
      const { refused } = await data.status();
      return refused.some(entry => entry.subject === subject && why.test(entry.why)) || refused;
    });

  test('refuses a foreign CA, a subject that is not listed, a longer one, expired, none, plain text; names subject and reason', async () => {
    const good = '-alpn ecp -cert c.pem';
    expect(await knock(good, identities['app-server-1'])).not.toMatch(/alert/); // the control
    await knock(good, await otherCa.issue('app-server-1'));
    await refusal('CN=app-server-1', /not from the CA/);
    await knock(good, identities.stranger);
    await refusal('CN=stranger', /not in authorized-clients/);
    await knock(good, await ca.issue('app-server-1', { subject: '/O=x "y"/CN=app-server-1' }));
    await refusal('CN=app-server-1,O=x \\"y\\"', /not in authorized-clients/);
    await knock(good, await ca.issue('app-server-2', { days: -1 }));
    await refusal('CN=app-server-2', /expired/);
    await knock('-alpn ecp');
    await refusal('', /no certificate/);
    await knock(`${good} -tls1_1 -cipher DEFAULT@SECLEVEL=0`, identities['app-server-1']);
    await refusal('', /TLS version/);
    await exec(app.container, ['bash', '-c', 'exec 3<>/dev/tcp/data-server/1972; echo plain >&3; timeout 3 cat <&3'], {
      mayFail: true,
    });
    await refusal('', /plain text/);
    expect((await app.status()).state).toBe('Normal');
  });

  test('of two servers with one certificate the later one is served, and what the earlier one has open is ended', async () => {
    // Two of its connections that are turned away at the same time tell of it twice.
    const handedOver = async () => {
      const { stdout } = await docker(['logs', data.container]);
      return [...new Set(stdout.match(/CN=app-server-1 has another holder, started at \S+/g))];
    };
    // Servers that are alone are never taken for two, whatever was restarted, paused and cut off before.
    expect(await handedOver()).toEqual([]);
    const session = new Session(app.container);
    const twin = new Server(bed, 'twin', 'app-server', undefined, 'app-server-1');
    try {
      expect(await session.ask(['set ^demo.twin=1'], 10)).toEqual(['ok']);
      await withServer(twin, appFiles('app-server-1'), async () => {
        await twin.waitForState('Normal', 10);
        await expect(session.ask(['set ^demo.twin="late"'], 15)).resolves.not.toEqual(['ok']);
        await app.waitForState('Trouble', 5);
        await waitFor('the reason', 15, async () => {
          const { reason } = await app.status();
          return reason.includes('which started later by the clocks') || reason;
        });
        expect((await app.node(['set', '^demo.twin'], { input: 'late' })).code).toBe(3);
        await put(twin, '^demo.twin', 'twin');
        expect((await app2.node(['get', '^demo.twin'])).stdout).toBe('twin\n');
        await refusal('CN=app-server-1', /started later/);
        expect((await data.status()).peers.filter(({ name }) => name === 'app-server-1')).toHaveLength(1);
        expect((await docker(['logs', data.container])).stdout).toMatch(/CN=app-server-1 has another holder/);
        // Who starts again is the later one.
        await docker(['restart', app.container]);
        await app.waitForState('Normal', 15);
        await twin.waitForState('Trouble', 5);
      });
      expect(await handedOver()).toHaveLength(2);
    } finally {
      session.end();
    }
  });

  test('an application server says why it is not Normal', async () => {
    const cases: [object, Identity, string, RegExp][] = [
      [appConfig(), identities.stranger!, ca.pem, /closed the connection: is CN=stranger in its authorized-clients/],
      [appConfig(), await otherCa.issue('app-server-3'), ca.pem, /refused this server's certificate/],
      [appConfig(), identities['app-server-1']!, otherCa.pem, /not from the CA/],
      [appConfig({ address: 'elsewhere' }), identities['app-server-1']!, ca.pem, /elsewhere does not resolve/],
      [appConfig({ address: `${cluster}-data-server` }), identities['app-server-1']!, ca.pem, /is not for the name/],
      [appConfig({ directory: '/durable/none/' }), identities['app-server-1']!, ca.pem, /no such database/],
      [appConfig({ enabled: false }), identities['app-server-1']!, ca.pem, /Enabled is false/],
      [
        { ...appConfig(), Databases: {} },
        identities['app-server-1']!,
        ca.pem,
        /Databases must have one entry for each data server/,
      ],
    ];
    const checks = cases.map(async ([config, identity, bundle, reason], i) => {
      const server = new Server(bed, `odd-${i}`, 'app-server');
      await withServer(server, { config, identity, ca: bundle }, async () => {
        await waitFor(`${server.name}: ${reason}`, 30, async () => {
          const { stdout } = await server.node(['status']);
          return (reason.test(stdout) && !/"state": *"(Normal|In Progress)"/.test(stdout)) || stdout;
        });
        expect(await server.health()).not.toBe('healthy');
      });
    });
    await Promise.all(checks);
  });
});

describe('the name of a data server', () => {
  const hosts: [string, readonly string[], RegExp][] = [
    ['named', ['elsewhere', 'NAMED'], /"state": *"Normal"/],
    ['by-wildcard.example', ['*.example'], /"state": *"Normal"/],
    ['misnamed', ['elsewhere', 'misnamed-too', 'not-misnamed'], /is not for the name misnamed/],
    ['unnamed', [], /is not for the name unnamed/],
  ];

  test.each(hosts)('%s is looked for among the alternative names %j alone', async (host, dnsNames, says) => {
    const identity = await ca.issue(host, { dnsNames });
    const server = new Server(bed, host, 'data-server', `${cluster}-${host}-data`);
    const client = new Server(bed, `client-of-${host}`, 'app-server');
    const config = appConfig({ address: host });
    await withServer(server, dataFiles(identity), async () => {
      await server.waitForHealth('healthy', 60);
      await withServer(client, { config, ca: ca.pem, identity: identities['app-server-1']! }, async () => {
        await waitFor(`${client.name}: ${says}`, 30, async () => {
          const { stdout } = await client.node(['status']);
          return (says.test(stdout) && !/"state": *"In Progress"/.test(stdout)) || stdout;
        });
        const { code } = await client.node(['set', '^demo.name(1)'], { input: host, mayFail: true });
        expect(code).toBe(says.source.includes('Normal') ? 0 : 3);
      });
    });
  });
});

describe('delivery', () => {
  test('refuses a config.json with another hash than announced, and starts when the right one comes', async () => {
    const server = new Server(bed, 'app-server-2b', 'app-server');
    const late = { ...appConfig(), Databases: {} };
    await withServer(
      server,
      appFiles('app-server-2', late),
      async () => {
        await server.waitForState('Failed', 10);
        expect((await server.status()).reason).toContain('ECP_CONFIG_SHA256');
        await server.deliver(appFiles('app-server-2'));
        await server.waitForState('Normal', 10);
      },
      (await app.status()).config.expected,
    );
  });

  test("refuses another engine's volume and one of unknown origin", async () => {
    for (const [mark, reason] of [
      ['.ecp-engine', 'another-engine'],
      ['some-file', 'not empty'],
    ] as const) {
      const volume = `${cluster}-foreign-${mark.replace('.', '')}`;
      await docker(['volume', 'create', '--label', label, volume]);
      await docker([
        'run',
        '--rm',
        '--label',
        label,
        '-v',
        `${volume}:/durable`,
        '--entrypoint',
        'bash',
        bed.image,
        '-c',
        `echo another-engine >/durable/${mark}`,
      ]);
      const server = new Server(bed, `foreign${mark.replace('.', '-')}`, 'data-server', volume);
      await withServer(server, dataFiles(), async () => {
        await server.waitForState('Failed', 10);
        expect((await server.status()).reason).toContain(reason);
      });
    }
  });

  test('a new certificate and a new CA come into use without the loss of a session', async () => {
    // Tests before used the certificates of these two in servers that started later.
    for (const server of [app, app2]) await server.waitForState('Normal', 45);
    const newCa = await ThrowawayCa.create('the next', bed.image);
    authorities.push(newCa);
    const session = app.node(['session'], {
      input: Array.from({ length: 20_000 }, (_, i) => `set ^demo.r=${i}\n`).join(''),
    });
    const bundle = ca.pem + newCa.pem;
    const next = await newCa.issue('data-server');
    for (const server of [app, app2]) await server.deliver({ ...appFiles(server.name), ca: bundle });
    await data.deliver(dataFiles(next, bundle));
    await waitFor('the data server shows the new certificate', 10, async () => {
      const { certificate } = await data.status();
      return certificate.issuer === 'CN=the next' || certificate;
    });
    const trusted = (await data.status()).certificate.authorities?.map(({ subject }) => subject);
    expect(trusted).toEqual(['CN=contract test', 'CN=the next']);
    const trusting = { ...identities['app-server-1']!, key: identities['app-server-1']!.key + newCa.pem };
    expect(await knock('-alpn ecp -cert c.pem -CAfile c.pem', trusting)).not.toMatch(/error|alert/);
    await app.deliver({ config: appConfig(), ca: bundle, identity: await newCa.issue('app-server-1') });
    await waitFor('the application server shows the new certificate', 10, async () => {
      const { certificate } = await app.status();
      return certificate.issuer === 'CN=the next' || certificate;
    });
    expect((await app.node(['get', '^demo.r'])).code).toBe(0);
    expect((await session).stdout).toBe('ok\n'.repeat(20_000));
    expect((await app.status()).state).toBe('Normal');
    await app.deliver({ ...appFiles('app-server-1'), ca: bundle }); // and back, the other way round
    await data.deliver(dataFiles());
    for (const server of [app, app2]) await server.deliver(appFiles(server.name));
    await waitFor('the old certificates again', 10, async () => {
      const issuers = await Promise.all([data, app].map(async server => (await server.status()).certificate.issuer));
      return issuers.every(issuer => issuer === 'CN=contract test') || issuers;
    });
    for (const server of [app, app2]) expect((await server.node(['get', '^demo.r'])).stdout).toBe('19999\n');
  });

  test('a new list of authorized clients is in force for new connections', async () => {
    await data.deliver({ ...dataFiles(), authorizedClients: ['CN=app-server-1'] });
    await waitFor('the new list', 5, async () => {
      const { admitted } = await data.status();
      return admitted.join() === 'CN=app-server-1' || admitted;
    });
    expect((await app2.node(['get', '^demo.r'])).code).toBe(3);
    expect((await app.node(['get', '^demo.r'])).code).toBe(0);
    await data.deliver(dataFiles());
    await waitFor('the old list again', 5, async () => (await data.status()).admitted.length === clients.length);
    expect((await app2.node(['get', '^demo.r'])).code).toBe(0);
  });

  (engine === 'iris' ? test.skip : test)('who may only read reads, and each write of it is refused', async () => {
    const write = (server: Server, verb = ['set', '^demo.ro(1)']) => server.node(verb, { input: 'v' });
    const large = 'x'.repeat(30_000);
    expect((await app2.node(['set', '^demo.ro(1)'], { input: 'before' })).code).toBe(0);
    expect((await app.node(['set', '^demo.ro("large")'], { input: large })).code).toBe(0);
    const session = new Session(app2.container);
    expect(await session.ask(['set ^demo.ro(2)=1'], 10)).toEqual(['ok']);
    await data.deliver({ ...dataFiles(), authorizedClients: ['CN=app-server-1', 'read-only CN=app-server-2'] });
    const refused = {
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('No privilege for attempted update') as string,
    };
    await waitFor('the first refusal', 10, async () => (await write(app2, ['set', '^demo.ro(0)'])).code !== 0);
    // Sessions that could write end with their connection, and come again as readers.
    await waitFor(
      'the session is a reader',
      10,
      async () => (await session.ask(['set ^demo.ro(2)=2'], 15))[0] !== 'ok',
    );
    expect(await session.ask(['set ^demo.ro(2)=3'], 15)).toEqual([expect.stringContaining('No privilege')]);
    // HAProxy ends what is idle for 5 s unless it is told not to.
    await sleep(7);
    expect((await session.ask(['write ^demo.ro(1)'], 10)).join()).toContain('before');
    session.end();
    for (const verb of [
      ['set', '^demo.ro(1)'],
      ['kill', '^demo.ro'],
      ['kill', '^demo.ro(1)'],
    ])
      expect({ verb, ...(await write(app2, verb)) }).toEqual({ verb, ...refused });
    expect((await app2.node(['get', '^demo.ro(1)'])).stdout).toBe('before\n');
    expect((await app2.node(['get', '^demo.ro("large")'])).stdout).toBe(`${large}\n`);
    expect((await write(app)).code).toBe(0);
    expect((await app2.node(['zwrite', '^demo.ro(1)'])).stdout).toBe('^demo.ro(1)="v"\n');
    expect((await app2.node(['sync'])).code).toBe(0);
    expect(await app2.status()).toMatchObject({ state: 'Normal' });
    const { admitted, readOnly } = await data.status();
    expect({ admitted, readOnly }).toEqual({
      admitted: ['CN=app-server-1', 'CN=app-server-2'],
      readOnly: ['CN=app-server-2'],
    });
    await data.deliver(dataFiles());
    await waitFor('a write again', 10, async () => (await write(app2)).code === 0);
  });

  test('a certificate that does not fit its key changes nothing and says so', async () => {
    const { certificate } = await app.status();
    await app.deliver({
      ...appFiles('app-server-1'),
      identity: { cert: identities['app-server-1']!.cert, key: identities['app-server-2']!.key },
    });
    await waitFor('the reason', 5, async () => (await app.status()).reason.includes('do not belong together'));
    expect(await app.status()).toMatchObject({ state: 'Normal', certificate });
    expect((await app.node(['get', '^demo.r'])).code).toBe(0);
  });
});
