/**
 * docs/container-contract.md against the scripts of images/iris, on a stand-in for an InterSystems IRIS image: its Dockerfile is built as
 * it is, its ObjectScript is run, and the classes of IRIS that it calls are simulated as their references describe them. What IRIS itself
 * does with those calls is not tested here: docs/iris.md.
 */
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gatherFacts } from '../../cli/verification/iris/facts';
import { judge } from '../../cli/verification/iris/statements';
import { mirrorTests } from './iris/mirror';
import { docker, exec, removeLabelled, run, waitFor } from './support/docker';
import {
  CONFIG_API,
  appConfig,
  context,
  dataConfig,
  directory,
  extra,
  makeIrisBed,
  removeIrisImages,
} from './support/iris-bed';
import { ThrowawayCa, type Identity } from './support/pki';
import { Server, sha256, withServer, type Files, type ContractCluster } from './support/server';

jest.setTimeout(60_000);

const cluster = `iris-contract-${process.pid}`;
const label = `ecp.cluster=${cluster}`;
let bed: ContractCluster;
let ca: ThrowawayCa;
let data: Server;
let app: Server;
const identities: Record<string, Identity> = {};

const dataFiles = (): Files => ({
  config: dataConfig,
  ca: ca.pem,
  identity: identities['data-server']!,
  authorizedClients: ['CN=app-server-1', 'CN=blue'],
  extra,
});
const appFiles = (): Files => ({ config: appConfig, ca: ca.pem, identity: identities['app-server-1']!, extra });

/** What a program of the stand-in noted. */
const noted = async (server: Server, file: string): Promise<string> =>
  (await exec(server.container, ['cat', `/tmp/${file}`], { mayFail: true })).stdout;

/** What the simulated instance keeps. */
interface Instance {
  readonly config: Record<string, Record<string, Record<string, unknown>>>;
  readonly databases: Record<string, unknown>;
  readonly classes: string[];
  readonly authorized: string[];
  /** Hash of the certificate that each TLS configuration has in use. */
  readonly active: Record<string, string>;
  /** How often they were set. */
  readonly passwords: number;
  /** Writes that are in no journal on the disk yet. */
  readonly unsynced: number;
}

const instance = async (server: Server): Promise<Instance> => {
  const file = '${ISC_DATA_DIRECTORY:-/usr/irissys}/instance.json';
  return JSON.parse((await exec(server.container, ['sh', '-c', `cat "${file}"`])).stdout) as Instance;
};

/** What the stand-in answers from now on. */
const play = async (server: Server, scenario: Record<string, string>): Promise<void> => {
  const lines = Object.entries(scenario).map(([key, value]) => `${key}=${value}\n`);
  await exec(server.container, ['sh', '-c', 'cat >/tmp/scenario'], { input: lines.join('') });
};

/** Ends the processes of a server whose command line has the words in it, the hard way. */
const end = (server: Server, words: string) => {
  const script = `for one in /proc/[0-9]*; do line=$(tr '\\0' ' ' <"$one/cmdline" 2>/dev/null)
    [[ "$line" != *"$1"* || "$line" == *ecp-entrypoint* || "\${one#/proc/}" == $$ ]] || kill -9 "\${one#/proc/}"; done; true`;
  return exec(server.container, ['bash', '-c', script, '-', words]);
};

beforeAll(async () => {
  bed = await makeIrisBed(cluster);
  ca = await ThrowawayCa.create('contract test', bed.image);
  for (const name of ['data-server', 'app-server-1']) identities[name] = await ca.issue(name);
  await docker(['network', 'create', '--label', label, cluster]);
  data = new Server(bed, 'data-server', 'data-server');
  app = new Server(bed, 'app-server-1', 'app-server');
  await data.deliver(dataFiles());
  await app.deliver(appFiles());
  await data.start(dataConfig);
  await app.start(appConfig);
  for (const server of [data, app]) await server.waitForHealth('healthy', 60);
}, 700_000);

let failed = false;
afterEach(() => {
  failed ||= expect.getState().numPassingAsserts !== expect.getState().assertionCalls;
});

afterAll(async () => {
  for (const server of failed ? [data, app] : []) {
    const { stdout, stderr } = await docker(['logs', '--tail', '40', server.container], { mayFail: true });
    console.log(`${server.name}:\n${stdout}${stderr}`);
  }
  await removeLabelled(label);
  await removeIrisImages();
}, 120_000);

describe('start', () => {
  test('gives iris-main its options, and a data server a durable %SYS below its volume', async () => {
    const args = [
      '--ISCAgent',
      'false',
      '--after',
      '/opt/ecp/lib/after-start',
      '--key',
      '/ecp/files/iris.key',
      '--password-file',
      '/ecp/files/password',
    ];
    for (const server of [data, app]) expect((await noted(server, 'iris-main.args')).trim().split('\n')).toEqual(args);
    const merge = 'ISC_CPF_MERGE_FILE=/ecp/files/merge.cpf\n';
    expect(await noted(data, 'iris-main.env')).toBe(`${merge}ISC_DATA_DIRECTORY=/durable/iris\n`);
    expect(await noted(app, 'iris-main.env')).toBe(merge);
  });

  test('loads the document, then starts the monitor, one command a line and each in %SYS', async () => {
    const commands = (await noted(app, 'iris.session')).split('\n').filter(line => line.includes('EcpCluster'));
    expect(commands.slice(0, 2)).toEqual([
      'do ##class(EcpCluster.Configuration).Load("app-server")',
      'do ##class(EcpCluster.Monitor).Watch("app-server")',
    ]);
    const calls = (await noted(app, 'iris.calls')).trim().split('\n');
    expect(new Set(calls.filter(call => call.startsWith('iris session')))).toEqual(
      new Set(['iris session IRIS -U %SYS']),
    );
  });

  test('configures what the document says, and what it cannot say', async () => {
    const { config, authorized } = await instance(data);
    expect(config['Security.System']).toEqual({ SSLECPServer: 2 });
    expect(config['Security.Resources']).toHaveProperty('%DB_MYAPPDATA');
    expect(config['Security.Services']!['%Service_ECP']).toMatchObject({ Enabled: true, ClientSystems: '' });
    expect(config['Security.Servers']).toEqual({ 1972: { SSLSupportLevel: '1', SSLConfig: '%SuperServer' } });
    expect(config['Security.SSLConfigs']!['%SuperServer']).toMatchObject({ VerifyPeer: '3', PrivateKeyType: '2' });
    expect(authorized).toEqual(['CN=app-server-1', 'CN=blue']);
    expect((await instance(app)).config.ECPServers).toHaveProperty('DATA-SERVER');
  });

  test('loads its classes into a durable %SYS once, and again when an upgrade has removed them', async () => {
    const loads = async () =>
      (await noted(data, 'iris.session')).split('\n').filter(line => line.includes('LoadDir')).length;
    expect(await loads()).toBe(2);
    await docker(['restart', '-t', '30', data.container]);
    await data.waitForState('Normal', 20);
    expect(await loads()).toBe(0);
    await data.deliver({ ...dataFiles(), extra: { ...extra, scenario: 'version=2025.1.1.1.0\n' } });
    await docker(['restart', '-t', '30', data.container]);
    await data.waitForState('Normal', 20);
    expect(await loads()).toBe(2);
    expect((await instance(data)).classes).toContain('EcpCluster.Monitor');
  });

  test('sets the passwords at the first start alone, so that those which users change stay', async () => {
    expect(await noted(data, 'iris-main.args')).not.toContain('password');
    await docker(['restart', '-t', '30', app.container]);
    await app.waitForState('Normal', 20);
    for (const server of [data, app]) expect((await instance(server)).passwords).toBe(1);
  });

  test('mounts a database that a start left unmounted, and says why when it cannot', async () => {
    const config = { ...dataConfig, Databases: { myappdata: { Directory: directory } } };
    const server = new Server(bed, 'unmounted', 'data-server', `${cluster}-unmounted`);
    await withServer(server, { ...dataFiles(), config }, async () => {
      await server.waitForState('Normal', 20);
      await docker(['restart', '-t', '30', server.container]);
      await server.waitForState('Normal', 20);
      expect((await instance(server)).databases[directory]).toEqual({ mounted: true });
      const scenario = 'damaged=its label is not readable\n';
      await server.deliver({ ...dataFiles(), config, extra: { ...extra, scenario } });
      await docker(['restart', '-t', '30', server.container]);
      await server.waitForState('Failed', 20);
      expect((await server.status()).reason).toBe(
        `the database in ${directory} cannot be mounted (is it damaged? see messages.log): ERROR #1000: cannot mount ${directory}: its label is not readable`,
      );
    });
  });

  test('takes a document with new mappings after one that it had', async () => {
    const config = (...names: string[]) => ({
      ...dataConfig,
      MapGlobals: { USER: names.map(Name => ({ Name, Database: 'myappdata' })) },
    });
    for (const names of [['first'], ['first', 'second', 'third']]) {
      const server = new Server(bed, 'mappings', 'data-server', `${cluster}-mappings`);
      await withServer(server, { ...dataFiles(), config: config(...names) }, async () => {
        await server.waitForState('Normal', 20);
        expect(Object.keys((await instance(server)).config.MapGlobals!.USER!)).toEqual(names);
      });
    }
  });

  test('says at a licence key that is not accepted how many cores it covers', async () => {
    const server = new Server(bed, 'unlicensed', 'data-server', `${cluster}-unlicensed`);
    const scenario = { ...extra, scenario: 'license=key covers 4 cores\ncores=4\ncpus=16\n' };
    await withServer(server, { ...dataFiles(), extra: scenario }, async () => {
      await server.waitForState('Failed', 20);
      expect((await server.status()).reason).toMatch(
        /no ECP \(Invalid: key covers 4 cores\); it covers 4 cores, and this server sees 16; .*'cpuSet'/,
      );
    });
  });

  test('uses what an older release has instead of Security.Servers', async () => {
    const server = new Server(bed, 'older', 'data-server', `${cluster}-older`);
    const scenario = 'release=2022.2\nversion=2022.2.0.281.0\n';
    await withServer(server, { ...dataFiles(), extra: { ...extra, scenario } }, async () => {
      await server.waitForState('Normal', 20);
      const { config } = await instance(server);
      expect(config['Security.System']).toMatchObject({ SYSTEM: { SSLSuperServer: '1' } });
      expect(config['Security.Servers']).toBeUndefined();
      expect(await noted(server, 'iris-main.args')).toContain('--check-caps\nfalse\n');
    });
  });

  test('shows what Config-API says when the document is not loaded, and goes on when it is', async () => {
    const server = new Server(bed, 'odd-load', 'app-server');
    const scenario = { ...extra, scenario: 'loaded=ERROR #5001: Address property is mandatory.\n' };
    await withServer(server, { ...appFiles(), extra: scenario }, async () => {
      await waitFor('the reason', 20, async () => {
        const { stdout } = await server.node(['status']);
        return stdout.includes('config.json was not loaded: ERROR #5001: Address property is mandatory.') || stdout;
      });
      expect(await server.status()).toMatchObject({ state: 'Failed' });
      expect(await server.health()).not.toBe('healthy');
      expect(await server.node(['get', '^demo.x'])).toMatchObject({ code: 3, stdout: '' });
      await server.deliver({ ...appFiles(), extra: { ...extra, scenario: '' } });
      await server.waitForState('Normal', 30);
    });
  });

  test("refuses another engine's volume and one of unknown origin, and starts no IRIS on it", async () => {
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
        await server.waitForState('Failed', 20);
        expect((await server.status()).reason).toContain(reason);
        expect(await noted(server, 'iris-main.args')).toBe('');
      });
    }
    expect((await exec(data.container, ['cat', '/durable/.ecp-engine'])).stdout).toBe('iris\n');
  });

  test('refuses a config.json with another hash than announced, and one that names no database', async () => {
    const server = new Server(bed, 'odd-hash', 'app-server');
    await withServer(
      server,
      appFiles(),
      async () => {
        await server.waitForState('Failed', 20);
        expect((await server.status()).reason).toContain('ECP_CONFIG_SHA256');
      },
      sha256('another'),
    );
    const empty = new Server(bed, 'odd-config', 'app-server');
    await withServer(empty, { ...appFiles(), config: {} }, async () => {
      await empty.waitForState('Failed', 20);
      expect((await empty.status()).reason).toContain('Databases must name a directory');
    });
  });

  test('refuses a key that does not belong to its certificate', async () => {
    const server = new Server(bed, 'odd-key', 'app-server');
    const identity = { cert: identities['app-server-1']!.cert, key: identities['data-server']!.key };
    await withServer(server, { ...appFiles(), identity }, async () => {
      await server.waitForState('Failed', 20);
      expect((await server.status()).reason).toContain('do not belong together');
    });
  });

  test('fetches nothing', () => {
    for (const file of ['bin/ecp-entrypoint', 'bin/ecp-node', 'lib/config.sh', 'lib/watch.sh', 'lib/load-code']) {
      expect(readFileSync(join(context, file), 'utf8')).not.toMatch(/https?:|curl|wget|zpm|apt-get/);
    }
  });
});

mirrorTests({ bed: () => bed, ca: () => ca });

describe('status', () => {
  test('has the shape of the contract', async () => {
    await play(data, { client: 'data-server:app-server-1:IRIS|Normal', pending: 'CN=stranger, O=else where' });
    const shape = {
      engine: 'iris',
      state: 'Normal',
      since: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
      reason: '',
      config: { expected: sha256(JSON.stringify(dataConfig)), actual: sha256(JSON.stringify(dataConfig)) },
      ignored: [],
    };
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string;
    await waitFor('the refusal', 5, async () => (await data.status()).refused.length === 1);
    expect(await data.status()).toEqual({
      ...shape,
      role: 'data-server',
      server: 'data-server',
      peers: [{ name: 'app-server-1', state: 'Normal' }],
      admitted: ['CN=app-server-1', 'CN=blue'],
      refused: [{ subject: 'CN=stranger, O=else where', why: 'the subject is not in authorized-clients', at: time }],
      certificate: {
        ...{
          subject: 'CN=data-server',
          issuer: 'CN=contract test',
          serial: expect.stringMatching(/^[0-9A-F]+$/) as string,
        },
        ...{ notBefore: time, notAfter: time, authorities: [{ subject: 'CN=contract test', notAfter: time }] },
      },
    });
  });

  test.each([
    [6, 'Trouble'],
    [1, 'Not Connected'],
    [7, 'Recovery'],
    [4, 'Disabled'],
  ])('and health follow ECP connection state %d, %s, and back', async (connection, state) => {
    await play(app, { connection: String(connection) });
    await app.waitForState(state, 20);
    const reason = `data-server: ECP connection state ${connection}`;
    expect(await app.status()).toMatchObject({ reason, peers: [{ name: 'data-server', state }] });
    await app.waitForHealth('unhealthy', 30);
    await play(app, {});
    await app.waitForState('Normal', 20);
    await app.waitForHealth('healthy', 30);
  });

  test('tells that the licence has no ECP', async () => {
    await play(app, { connection: '1', license: 'expired' });
    await app.waitForState('Failed', 20);
    expect((await app.status()).reason).toMatch(/^the licence key in force has no ECP \(Invalid: expired\)/);
    await play(app, {});
    await app.waitForState('Normal', 20);
  });

  test('counts a monitor that is held up as Trouble', async () => {
    await play(app, { silent: 'yes' });
    await app.waitForState('Trouble', 20);
    expect((await app.status()).reason).toBe('data-server: no answer within 4 s');
    await play(app, {});
    await app.waitForState('Normal', 20);
  });

  test('starts a monitor that has died again', async () => {
    const before = (await noted(app, 'iris.session')).split('Watch(').length;
    await end(app, 'stand-in/session.py');
    await waitFor(
      'another monitor',
      20,
      async () => (await noted(app, 'iris.session')).split('Watch(').length > before,
    );
    await app.waitForState('Normal', 20);
  });

  test('takes over a new certificate, and keeps the old one when the new one is of no use', async () => {
    const otherCa = await ThrowawayCa.create('the next', bed.image);
    await app.deliver({ ...appFiles(), identity: await otherCa.issue('app-server-1'), ca: ca.pem + otherCa.pem });
    await waitFor('the new certificate', 20, async () => (await app.status()).certificate.issuer === 'CN=the next');
    const trusted = (await app.status()).certificate.authorities?.map(({ subject }) => subject);
    expect(trusted).toEqual(['CN=contract test', 'CN=the next']);
    const cert = await noted(app, '../ecp/files/pki/cert.pem');
    await waitFor('IRIS to use it', 20, async () => (await instance(app)).active['%ECPClient'] === sha256(cert));
    await app.deliver({
      ...appFiles(),
      identity: { cert: identities['app-server-1']!.cert, key: identities['data-server']!.key },
    });
    await waitFor('the fault', 20, async () => (await app.status()).reason.includes('do not belong together'));
    expect(await app.status()).toMatchObject({ state: 'Normal', certificate: { issuer: 'CN=the next' } });
    await app.deliver(appFiles());
    await waitFor(
      'the old certificate',
      20,
      async () => (await app.status()).certificate.issuer === 'CN=contract test',
    );
    expect((await app.status()).reason).toBe('');
  });
});

describe('ecp-node', () => {
  const utf8 = (text: string) => Buffer.from(text, 'latin1').toString('utf8');

  test('writes and reads what it was given, as data and on each role in its own place', async () => {
    const reference = '^demo.ecp(1,"a ""b"", (c)",-1.50,.5)';
    expect(await app.node(['set', reference], { input: 'from the "first"\n' })).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
    expect(await noted(app, 'iris.session')).toMatch(/Run\("\/run\/ecp\/request\.\w+","USER"\)\nhalt\n$/);
    expect((await app.node(['get', reference])).stdout).toBe('from the "first"\n');
    await app.node(['set', '^demo.ecp(10)'], { input: '7' });
    await app.node(['set', '^demo.ecp(9,"tab")'], { input: 'a\tb' });
    const lines = [
      '^demo.ecp(1,"a ""b"", (c)",-1.5,.5)="from the ""first"""',
      '^demo.ecp(9,"tab")="a"_$C(9)_"b"',
      '^demo.ecp(10)=7',
      '',
    ];
    expect((await app.node(['zwrite', '^demo.ecp'])).stdout.split('\n')).toEqual(lines);
    expect((await app.node(['kill', '^demo.ecp(9)'])).code).toBe(0);
    expect((await app.node(['zwrite', '^demo.ecp(9)'])).stdout).toBe('');
    await data.node(['kill', '^demo.ecp']);
    expect(await noted(data, 'iris.session')).toContain(`","^^${directory}")\n`);
    expect(await data.node(['get', '^demo.ecp'])).toEqual({ code: 1, stdout: '', stderr: '<UNDEFINED> ^demo.ecp\n' });
  });

  test('keeps characters of any script, in values and subscripts', async () => {
    const [value, key] = ['Слово, 言葉, ü and €', 'ключ'];
    expect((await app.node(['set', `^demo.wide("${key}")`], { input: value })).code).toBe(0);
    expect(utf8((await app.node(['get', `^demo.wide("${key}")`])).stdout)).toBe(`${value}\n`);
    expect(utf8((await app.node(['zwrite', '^demo.wide'])).stdout)).toBe(`^demo.wide("${key}")="${value}"\n`);
    expect(await app.node(['set', '^demo.wide'], { input: Buffer.from([0x41, 0xff]) })).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^<TRANSLATE> .*UTF-8/) as string,
    });
  });

  test('takes 32,000 bytes of text, and no more', async () => {
    const value = Buffer.from('ü'.repeat(16_000));
    expect((await app.node(['set', '^demo.big'], { input: value })).code).toBe(0);
    const { stdout } = await app.node(['get', '^demo.big']);
    expect(Buffer.from(stdout, 'latin1').equals(Buffer.concat([value, Buffer.from('\n')]))).toBe(true);
    expect((await app.node(['set', '^demo.big'], { input: Buffer.alloc(32_001, 'x') })).code).toBe(2);
  });

  test.each(['app-server', 'data-server'])('a sync on the %s makes a write durable, not only visible', async role => {
    const server = role === 'app-server' ? app : data;
    await server.node(['set', '^demo.sync'], { input: 'x' });
    expect((await instance(server)).unsynced).toBeGreaterThan(0);
    expect((await server.node(['sync'])).code).toBe(0);
    expect((await instance(server)).unsynced).toBe(0);
  });

  test('reaches each mapped namespace, and on a data server each database', async () => {
    const config = {
      ...appConfig,
      Databases: { ...appConfig.Databases, orders: { Directory: '/durable/iris/mgr/orders/', Server: 'data-server' } },
      MapGlobals: {
        SALES: [{ Name: 'order*', Database: 'orders' }],
        USER: [{ Name: 'demo(1):(5)', Database: 'myappdata' }],
      },
    };
    const server = new Server(bed, 'namespaces', 'app-server');
    await withServer(server, { ...appFiles(), config }, async () => {
      await server.waitForState('Normal', 20);
      expect((await server.node(['set', '^orders(1)'], { input: 'first' })).code).toBe(0);
      expect((await server.node(['get', '--namespace', 'sales', '^orders(1)'])).stdout).toBe('first\n');
      expect((await server.node(['set', '--namespace', 'USER', '^demo(1)'], { input: 'x' })).code).toBe(0);
      expect(await server.node(['get', '^demo(1)'])).toMatchObject({
        code: 2,
        stderr: '<UNMAPPED> ^demo is not mapped to the data server (MapGlobals.SALES)\n',
      });
      expect(await server.node(['get', '--namespace', 'OTHER', '^demo(1)'])).toEqual({
        code: 2,
        stdout: '',
        stderr: "ecp-node: '--namespace' must be a namespace of config.json, got 'OTHER'; it has SALES, USER\n",
      });
      const session = await server.node(['session', '--namespace', 'USER'], { input: 'write ^demo(1)\n' });
      expect(session.stdout).toBe('x\nok\n');
    });
    expect(await data.node(['get', '--namespace', 'myappdata', '^demo.none'])).toMatchObject({ code: 1 });
    expect((await data.node(['get', '--namespace', 'x', '^demo'])).stderr).toBe(
      "ecp-node: '--namespace' must be a namespace of config.json or a database of it, got 'x'; it has myappdata\n",
    );
  }, 90_000);

  test('refuses references that are not plain ones, with one sentence, before IRIS sees them', async () => {
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
      '^demo.ecp(`id`)',
      '^demo.ecp("$(id)"',
      '^demo.ecp(1)\nset ^x=1',
      `^demo.ecp("${'k'.repeat(501)}")`,
    ];
    const before = await noted(app, 'iris.session');
    for (const reference of references) {
      for (const verb of ['get', 'zwrite', 'set']) {
        const { code, stdout, stderr } = await app.node([verb, reference], { input: 'x' });
        expect({ reference, code, stdout }).toEqual({ reference, code: 2, stdout: '' });
        expect(stderr).toMatch(/^<[A-Z]+> .+\n$/);
      }
    }
    expect(await noted(app, 'iris.session')).toBe(before);
    expect((await exec(app.container, ['ls', '/tmp/x'], { mayFail: true })).code).not.toBe(0);
  }, 120_000);

  test('a session answers command by command, survives errors and never runs code', async () => {
    const input = [
      'set ^demo.s(1)="a ""b"""',
      'set ^demo.s(2)=-1.5',
      'write ^demo.s(1)',
      'write ^demo.s(9)',
      'set ^demo.s(3)=$zsystem("touch /tmp/x")',
      'do ^%ZSY',
      '',
      'kill ^demo.s(1)',
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

  test('a session answers a line before the next one comes', async () => {
    const { stdout } = await exec(app.container, [
      'bash',
      '-c',
      `coproc ecp-node session
      echo 'set ^demo.t=1' >&"\${COPROC[1]}"; read -r -t 10 first <&"\${COPROC[0]}"
      echo 'write ^demo.t' >&"\${COPROC[1]}"; read -r -t 10 second <&"\${COPROC[0]}"; echo "$first $second"`,
    ]);
    expect(stdout).toBe('ok 1\n');
  });

  test('takes many lines at once without a session of IRIS for each', async () => {
    const sessions = async () => (await noted(app, 'iris.session')).split('Run(').length;
    const before = await sessions();
    const input = Array.from({ length: 300 }, (_, i) => `set ^demo.m(${i})="v${i}"\n`).join('');
    expect((await app.node(['session'], { input, timeoutSec: 50 })).stdout).toBe('ok\n'.repeat(300));
    expect((await sessions()) - before).toBeLessThan(100);
  });

  test('says that the data server is not reachable with exit code 3, also when IRIS itself does not answer', async () => {
    await play(app, { network: 'down' });
    await app.waitForState('Trouble', 20);
    expect(await app.node(['get', '^demo.ecp'])).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/^<NETWORK> /) as string,
    });
    expect((await app.node(['sync'])).code).toBe(3);
    await play(app, { slow: 'yes' });
    expect(await app.node(['get', '^demo.ecp'])).toEqual({
      code: 3,
      stdout: '',
      stderr: '<NETWORK> no answer within 10 s\n',
    });
    await play(app, {});
    expect(await app.node(['sync'])).toEqual({ code: 0, stdout: '', stderr: '' });
  });

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
        stderr: expect.stringMatching(/^ecp-node: usage: .+\n$/) as string,
      });
    }
  });

  test('leaves no request behind', async () => {
    expect(
      (await exec(app.container, ['sh', '-c', 'ls /run/ecp | grep -c -e request -e value'], { mayFail: true })).stdout,
    ).toBe('0\n');
  });
});

describe('./ecp verify --full', () => {
  const factsOf = ({ name, container }: Server): ReturnType<typeof gatherFacts> =>
    gatherFacts({ name, facts: { Id: container } });

  /** What it would say of a site after its checks. */
  async function refuted(dataServer: Server, appServers: Server[]): Promise<Record<string, string>> {
    const findings = judge({
      dataServer: await factsOf(dataServer),
      appServers: await Promise.all(appServers.map(factsOf)),
      statuses: await Promise.all([dataServer, ...appServers].map(server => server.status())),
      outcomes: [],
    });
    // The stand-in is made of Debian.
    const against = findings.filter(({ name, verdict }) => verdict === 'refuted' && name !== 'image-layout');
    return Object.fromEntries(against.map(({ name, seen }) => [name, seen]));
  }

  test('refutes nothing of a healthy site', async () => {
    // As the command does before it asks.
    for (const server of [data, app]) await docker(['restart', '-t', '30', server.container]);
    for (const server of [data, app]) await server.waitForState('Normal', 20);
    await play(data, { client: 'data-server:app-server-1:IRIS|Normal' });
    expect(await refuted(data, [app])).toEqual({});
    await play(data, {});
  });

  test('names what goes wrong with databases, licence and passwords', async () => {
    const server = new Server(bed, 'unwell', 'data-server', `${cluster}-unwell`);
    await withServer(server, dataFiles(), async () => {
      await server.waitForState('Normal', 20);
      const scenario = 'damaged=no label\nlicense=key covers 4 cores\ncores=4\ncpus=16\n';
      await server.deliver({ ...dataFiles(), extra: { ...extra, scenario } });
      await exec(server.container, ['rm', '/durable/.ecp-password']);
      await docker(['restart', '-t', '30', server.container]);
      await server.waitForState('Failed', 20);
      expect(await refuted(server, [])).toMatchObject({
        mounted: `after a restart: ${directory} 0`,
        'license-ecp': 'unwell: Invalid key covers 4 cores, ECP 0, 4 cores licensed, 16 seen',
        'password-once': 'given again at a later start: unwell',
      });
    });
  });

  test('names what goes wrong with classes and certificate dates', async () => {
    const server = new Server(bed, 'unkept', 'data-server', `${cluster}-unkept`);
    await withServer(server, dataFiles(), async () => {
      await server.waitForState('Normal', 20);
      await docker([
        'exec',
        '-u',
        '0',
        server.container,
        'sh',
        '-c',
        "printf '#!/bin/sh\nexit 1\n' >/usr/local/bin/openssl; chmod 755 /usr/local/bin/openssl",
      ]);
      await server.deliver({ ...dataFiles(), extra: { ...extra, scenario: 'classes=gone\n' } });
      await exec(server.container, ['rm', '-f', '/run/ecp/certificate']);
      expect(await refuted(server, [])).toMatchObject({
        'classes-kept': expect.stringContaining('<CLASS DOES NOT EXIST> EcpCluster.Facts') as string,
        openssl: expect.stringMatching(/^unkept: the end of its certificate is ''/) as string,
      });
    });
  });
});

describe('stop', () => {
  test('ends with exit code 0 once the instance is down, whatever iris-main ends with', async () => {
    await docker(['stop', '-t', '30', app.container]);
    expect((await docker(['inspect', '-f', '{{.State.ExitCode}}', app.container])).stdout).toBe('0\n');
    await docker(['start', app.container]);
    await app.waitForState('Normal', 20);
  });

  test('a container whose iris-main does not come up ends with its words, so that it is started again', async () => {
    const server = new Server(bed, 'odd-start', 'app-server');
    await withServer(server, appFiles(), async () => {
      await server.waitForState('Normal', 20);
      await end(server, '/iris-main');
      await waitFor('a second start', 20, async () => {
        const { stdout } = await docker(['inspect', '-f', '{{.RestartCount}}', server.container]);
        return Number(stdout) > 0 || stdout;
      });
      expect((await docker(['logs', server.container], { mayFail: true })).stderr).toContain('iris-main has ended');
    });
  });
});

test('the build refuses sources of Config-API that are not the pinned ones', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ecp-iris-'));
  mkdirSync(join(folder, 'x', 'src', 'Api', 'Config', 'Services'), { recursive: true });
  mkdirSync(join(folder, 'x', 'src', 'Api', 'Config', 'Developers'), { recursive: true });
  for (const path of CONFIG_API) writeFileSync(join(folder, 'x', 'src', path), 'changed\n');
  await run('tar', ['-czf', join(folder, 'a.tgz'), '-C', folder, 'x']);
  cpSync(join(context, 'lib', 'unpack-config-api'), join(folder, 'unpack'));
  const expected = createHash('sha256').update('something else').digest('hex');
  const result = await run('bash', [join(folder, 'unpack'), join(folder, 'a.tgz'), join(folder, 'target'), expected], {
    mayFail: true,
  });
  rmSync(folder, { recursive: true });
  expect(result).toMatchObject({ code: 1, stderr: expect.stringContaining(`expected is ${expected}`) as string });
});
