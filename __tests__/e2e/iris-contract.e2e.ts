/**
 * docs/container-contract.md against the scripts of images/iris, on a stand-in for an InterSystems IRIS image: its Dockerfile is built as
 * it is, and the programs `iris` and `iris-main` record how they are called and play back documented answers. What IRIS itself does with
 * those calls is not tested here: docs/iris.md.
 */
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { docker, exec, removeLabelled, run, waitFor } from './support/docker';
import { Identity, ThrowawayCa } from './support/pki';
import { Bed, Files, Server, sha256 } from './support/server';

jest.setTimeout(60_000);

const cluster = `iris-contract-${process.pid}`;
const label = `ecp.cluster=${cluster}`;
const context = join(__dirname, '..', '..', 'images', 'iris');
const directory = '/durable/iris/mgr/myappdata/';
const dataConfig = { Databases: { myappdata: { Directory: directory } } };
const appConfig = {
  ECPServers: { 'data-server': { Address: 'data-server', Port: '1972', SSLConfig: '1' } },
  Databases: { myappdata: { Directory: directory, Server: 'data-server' } },
  MapGlobals: { USER: [{ Name: 'demo.*', Database: 'myappdata' }] },
};
const extra = {
  'iris.key': 'a licence key\n',
  password: 'a password\n',
  'merge.cpf': '[config]\nMaxServerConn=16\n',
};

let bed: Bed;
let ca: ThrowawayCa;
let data: Server;
let app: Server;
const identities: Record<string, Identity> = {};

/** Files with the names that the image takes from Config-API, and the sum that its build expects. */
const CONFIG_API = [
  'Api/Config/Api.Config.inc',
  'Api/Config/Developers/Helper.cls',
  'Api/Config/Developers/Utils.cls',
  'Api/Config/Services/Loader.cls',
];

async function buildImages(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'ecp-iris-'));
  const content = (path: string) => `stand-in for ${path}\n`;
  for (const path of [...CONFIG_API, 'Api/Config/REST/impl.cls']) {
    mkdirSync(dirname(join(folder, 'sources', 'src', path)), { recursive: true });
    writeFileSync(join(folder, 'sources', 'src', path), content(path));
  }
  const archive = join(folder, 'config-api.tar.gz');
  await run('tar', ['-czf', archive, '-C', folder, 'sources']);
  const sums = [...CONFIG_API].sort().map(path => `${sha256(content(path))}  ${path}\n`);
  const server = createServer((_, response) => response.end(readFileSync(archive))).listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  try {
    const base = `ecp-iris-stand-in:${process.pid}`;
    await docker(
      ['build', '-q', '-t', base, '--label', label, '--build-arg', `BASE_IMAGE=${await debian()}`, join(__dirname, 'fixtures', 'iris-stand-in')],
      { timeoutSec: 300 },
    ); // prettier-ignore
    const tag = `ecp-iris-contract:${process.pid}`;
    await docker(
      ['build', '-q', '-t', tag, '--network', 'host', '--label', label, '--build-arg', `BASE_IMAGE=${base}`, '--build-arg',
        `CONFIG_API=http://127.0.0.1:${(server.address() as AddressInfo).port}/config-api.tar.gz`, '--build-arg',
        `CONFIG_API_SHA256=${sha256(sums.join(''))}`, context],
      { timeoutSec: 300 },
    ); // prettier-ignore
    return tag;
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
}

async function debian(): Promise<string> {
  const local = 'ecp-rehearsal-base:bookworm';
  const hasLocal = (await docker(['image', 'inspect', local], { mayFail: true })).code === 0;
  return process.env.ECP_REHEARSAL_BASE_IMAGE ?? (hasLocal ? local : 'debian:bookworm-slim');
}

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

/** A server that lives for one test. */
async function withServer(server: Server, files: Files, body: () => Promise<void>, hash?: string): Promise<void> {
  try {
    await server.deliver(files);
    await server.start(files.config, hash);
    await body();
  } finally {
    await server.remove();
  }
}

beforeAll(async () => {
  bed = { image: await buildImages(), cluster };
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
  for (const name of ['ecp-iris-contract', 'ecp-iris-stand-in'])
    await docker(['image', 'rm', `${name}:${process.pid}`], { mayFail: true });
}, 120_000);

describe('start', () => {
  test('gives iris-main its options, and a data server a durable %SYS below its volume', async () => {
    const args = ['--check-caps', 'false', '--ISCAgent', 'false', '--after', '/opt/ecp/lib/after-start',
      '--key', '/ecp/files/iris.key', '--password-file', '/ecp/files/password']; // prettier-ignore
    for (const server of [data, app]) expect((await noted(server, 'iris-main.args')).trim().split('\n')).toEqual(args);
    const merge = 'ISC_CPF_MERGE_FILE=/ecp/files/merge.cpf\n';
    expect(await noted(data, 'iris-main.env')).toBe(`${merge}ISC_DATA_DIRECTORY=/durable/iris\n`);
    expect(await noted(app, 'iris-main.env')).toBe(merge);
  });

  test('loads the document, then starts the monitor, one command a line and each in %SYS', async () => {
    const commands = (await noted(app, 'iris.session')).split('\n').filter(line => line.includes('EcpCluster'));
    expect(commands.slice(0, 2)).toEqual([
      'do ##class(EcpCluster.Node).Load("app-server")',
      `do ##class(EcpCluster.Node).Monitor("app-server","${directory}","data-server")`,
    ]);
    const calls = (await noted(app, 'iris.calls')).trim().split('\n');
    expect(new Set(calls.filter(call => call.startsWith('iris session')))).toEqual(new Set(['iris session IRIS -U %SYS'])); // prettier-ignore
  });

  test('calls methods that the class has, with as many arguments', async () => {
    const source = readFileSync(join(context, 'src', 'EcpCluster', 'Node.cls'), 'utf8');
    const called = `${await noted(data, 'iris.session')}${await noted(app, 'iris.session')}`;
    await app.node(['get', '^demo.x']);
    const calls = [...`${called}${await noted(app, 'iris.session')}`.matchAll(/EcpCluster\.Node\)\.(\w+)\(([^)]*)\)/g)];
    expect(new Set(calls.map(([, method]) => method))).toEqual(new Set(['Load', 'Monitor', 'Run']));
    for (const [, method, args] of calls) {
      const formal = new RegExp(`^ClassMethod ${method}\\(([^)]*)\\)`, 'm').exec(source)![1]!;
      expect(formal.split(',')).toHaveLength(args!.split(',').length);
    }
  });

  test('loads newer classes into a durable %SYS, once', async () => {
    const loads = async () => (await noted(data, 'iris.session')).split('\n').filter(line => line.includes('LoadDir')).length; // prettier-ignore
    expect(await loads()).toBe(2);
    await docker(['restart', '-t', '30', data.container]);
    await data.waitForState('Normal', 20);
    expect(await loads()).toBe(0);
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
    for (const [mark, reason] of [['.ecp-engine', 'another-engine'], ['some-file', 'not empty']] as const) {
      const volume = `${cluster}-foreign-${mark.replace('.', '')}`;
      await docker(['volume', 'create', '--label', label, volume]);
      await docker(['run', '--rm', '--label', label, '-v', `${volume}:/durable`, '--entrypoint', 'bash', bed.image, '-c',
        `echo another-engine >/durable/${mark}`]); // prettier-ignore
      const server = new Server(bed, `foreign${mark.replace('.', '-')}`, 'data-server', volume);
      await withServer(server, dataFiles(), async () => {
        await server.waitForState('Failed', 10);
        expect((await server.status()).reason).toContain(reason);
        expect(await noted(server, 'iris-main.args')).toBe('');
      });
    } // prettier-ignore
    expect((await exec(data.container, ['cat', '/durable/.ecp-engine'])).stdout).toBe('iris\n');
  });

  test('refuses a config.json with another hash than announced, and one that names no database', async () => {
    const server = new Server(bed, 'odd-hash', 'app-server');
    await withServer(server, appFiles(), async () => {
      await server.waitForState('Failed', 10);
      expect((await server.status()).reason).toContain('ECP_CONFIG_SHA256');
    }, sha256('another')); // prettier-ignore
    const empty = new Server(bed, 'odd-config', 'app-server');
    await withServer(empty, { ...appFiles(), config: {} }, async () => {
      await empty.waitForState('Failed', 10);
      expect((await empty.status()).reason).toContain('Databases must name a directory');
    });
  });

  test('refuses a key that does not belong to its certificate', async () => {
    const server = new Server(bed, 'odd-key', 'app-server');
    const identity = { cert: identities['app-server-1']!.cert, key: identities['data-server']!.key };
    await withServer(server, { ...appFiles(), identity }, async () => {
      await server.waitForState('Failed', 10);
      expect((await server.status()).reason).toContain('do not belong together');
    });
  });

  test('fetches nothing', () => {
    for (const file of ['bin/ecp-entrypoint', 'bin/ecp-node', 'lib/config.sh', 'lib/watch.sh', 'lib/load-code']) {
      expect(readFileSync(join(context, file), 'utf8')).not.toMatch(/https?:|curl|wget|zpm|apt-get/);
    }
  });
});

describe('status', () => {
  test('has the shape of the contract', async () => {
    await play(data, { peer: 'app-server-1|Normal', refused: '2026-11-22T10:00:00Z CN=stranger, O=else where' });
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
      refused: [
        { subject: 'CN=stranger, O=else where', why: 'the subject is not in authorized-clients', at: '2026-11-22T10:00:00Z' },
      ],
      certificate: {
        ...{ subject: 'CN=data-server', issuer: 'CN=contract test', serial: expect.stringMatching(/^[0-9A-F]+$/) as string },
        ...{ notBefore: time, notAfter: time, authorities: [{ subject: 'CN=contract test', notAfter: time }] },
      },
    }); // prettier-ignore
  });

  test.each(['Trouble', 'Not Connected', 'Recovery', 'Disabled'])('and health follow the monitor to %s and back', async state => {
    await play(app, { state, reason: `ECP says ${state}`, peer: `data-server|${state}` });
    await app.waitForState(state, 5);
    expect(await app.status()).toMatchObject({ reason: `ECP says ${state}`, peers: [{ name: 'data-server', state }] });
    await app.waitForHealth('unhealthy', 15);
    await play(app, {});
    await app.waitForState('Normal', 5);
    await app.waitForHealth('healthy', 10);
  }); // prettier-ignore

  test('tells that the licence has no ECP', async () => {
    await play(app, { state: 'Failed', reason: "ERROR #5001: This instance's license does not include ECP" });
    await app.waitForState('Failed', 5);
    expect((await app.status()).reason).toContain('license does not include ECP');
    await play(app, {});
    await app.waitForState('Normal', 5);
  });

  test('counts a monitor that is held up as Trouble', async () => {
    await play(app, { silent: 'yes' });
    await app.waitForState('Trouble', 8);
    expect((await app.status()).reason).toBe('data-server: no answer within 4 s');
    await play(app, {});
    await app.waitForState('Normal', 5);
  });

  test('starts a monitor that has died again', async () => {
    const before = (await noted(app, 'iris.session')).split('Monitor(').length;
    await end(app, 'iris-answers do ##class(EcpCluster.Node).Monitor');
    await waitFor(
      'another monitor',
      10,
      async () => (await noted(app, 'iris.session')).split('Monitor(').length > before,
    );
    await app.waitForState('Normal', 5);
  });

  test('takes over a new certificate, and keeps the old one when the new one is of no use', async () => {
    const otherCa = await ThrowawayCa.create('the next', bed.image);
    await app.deliver({ ...appFiles(), identity: await otherCa.issue('app-server-1'), ca: ca.pem + otherCa.pem });
    await waitFor('the new certificate', 10, async () => (await app.status()).certificate.issuer === 'CN=the next');
    const trusted = (await app.status()).certificate.authorities?.map(({ subject }) => subject);
    expect(trusted).toEqual(['CN=contract test', 'CN=the next']);
    await app.deliver({ ...appFiles(), identity: { cert: identities['app-server-1']!.cert, key: identities['data-server']!.key } }); // prettier-ignore
    await waitFor('the fault', 10, async () => (await app.status()).reason.includes('do not belong together'));
    expect(await app.status()).toMatchObject({ state: 'Normal', certificate: { issuer: 'CN=the next' } });
    await app.deliver(appFiles());
    await waitFor(
      'the old certificate',
      10,
      async () => (await app.status()).certificate.issuer === 'CN=contract test',
    );
    expect((await app.status()).reason).toBe('');
  });
});

describe('ecp-node', () => {
  /** The last batch that reached IRIS: place, and each request's fields with what was in base64 decoded. */
  const lastRequest = async (server: Server): Promise<string[][]> =>
    (await noted(server, 'last-request'))
      .trim()
      .split('\n')
      .map(line => line.split('\t').map((field, i) => (i < 2 ? field : decode(field, i))));
  const decode = (field: string, index: number): string =>
    index === 2
      ? Buffer.from(field, 'base64').toString('latin1')
      : field[0] + Buffer.from(field.slice(1), 'base64').toString('latin1');

  test('hands over verb, name, value and subscripts as data, on each role in its own place', async () => {
    expect(await app.node(['set', '^demo.ecp(1,"a ""b"", (c)",-1.50,.5)'], { input: 'from the "first"\n' })).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
    expect(await lastRequest(app)).toEqual([
      ['set', 'demo.ecp', 'from the "first"', 'n1', 'sa "b", (c)', 'n-1.50', 'n.5'],
    ]);
    expect(await noted(app, 'iris.session')).toMatch(/Run\("\/run\/ecp\/request\.\w+","USER"\)\nhalt\n$/);
    expect((await app.node(['get', '^demo.ecp(1,"a ""b"", (c)",-1.50,.5)'])).stdout).toBe('from the "first"\n');
    await data.node(['kill', '^demo.ecp']);
    expect(await noted(data, 'iris.session')).toContain(`","^^${directory}")\n`);
    expect(await data.node(['get', '^demo.ecp'])).toEqual({ code: 1, stdout: '', stderr: '<UNDEFINED> ^demo.ecp\n' });
  });

  test('takes 32,000 bytes of any kind, and no more', async () => {
    const value = Buffer.from(Array.from({ length: 32_000 }, (_, i) => (i * 7919) % 256));
    expect((await app.node(['set', '^demo.big'], { input: value })).code).toBe(0);
    const { stdout } = await app.node(['get', '^demo.big']);
    expect(Buffer.from(stdout, 'latin1').equals(Buffer.concat([value, Buffer.from('\n')]))).toBe(true);
    expect((await app.node(['set', '^demo.big'], { input: Buffer.alloc(32_001, 'x') })).code).toBe(2);
  });

  test('refuses references that are not plain ones, with one sentence, before IRIS sees them', async () => {
    const references = ['^demo.ecp($zsystem("touch /tmp/x"))', '^demo.ecp("a"_$zsystem("touch /tmp/x"))', '^demo.ecp(@x)', '^demo.ecp(x)',
      '^demo.ecp(1', '^demo.ecp("a)', '^demo.ecp(1)x', '^demo.ecp()', '^demo.ecp("")', '^demo.ecp(1,)', '^demo.ecp(1+1)', '^demo.ecp(1):x',
      '^|"x"|demo.ecp', '^["^^/tmp/"]demo.ecp', '^demo.', 'demo.ecp(1)', '^%demo', '', '^', '^other(1)', `^demo.${'x'.repeat(40)}`,
      '^demo.ecp(`id`)', '^demo.ecp("$(id)"', '^demo.ecp(1)\nset ^x=1', `^demo.ecp("${'k'.repeat(501)}")`]; // prettier-ignore
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
    const input = ['set ^demo.s(1)="a ""b"""', 'set ^demo.s(2)=-1.5', 'write ^demo.s(1)', 'write ^demo.s(9)',
      'set ^demo.s(3)=$zsystem("touch /tmp/x")', 'do ^%ZSY', '', 'kill ^demo.s(1)', 'sync', 'halt', 'set ^demo.s(4)=1'].join('\n'); // prettier-ignore
    const { code, stdout } = await app.node(['session'], { input });
    expect(stdout.split('\n')).toEqual(['ok', 'ok', 'a "b"', 'ok', '<UNDEFINED> ^demo.s', '<SYNTAX> a value is a number or a "string"',
      '<SYNTAX> unknown command (try help)', 'ok', 'ok', '']); // prettier-ignore
    expect(code).toBe(1);
    expect((await app.node(['get', '^demo.s(4)'])).code).toBe(1);
  });

  test('a session answers a line before the next one comes', async () => {
    const { stdout } = await exec(app.container, ['bash', '-c', `coproc ecp-node session
      echo 'set ^demo.t=1' >&"\${COPROC[1]}"; read -r -t 10 first <&"\${COPROC[0]}"
      echo 'write ^demo.t' >&"\${COPROC[1]}"; read -r -t 10 second <&"\${COPROC[0]}"; echo "$first $second"`]); // prettier-ignore
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
    expect(await app.node(['get', '^demo.ecp'])).toMatchObject({ code: 3, stderr: expect.stringMatching(/^<NETWORK> /) as string }); // prettier-ignore
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
    for (const verb of [[], ['bogus'], ['get'], ['get', '^demo.ecp', 'x'], ['sync', 'x']]) {
      expect(await app.node(verb)).toEqual({
        code: 2,
        stdout: '',
        stderr: expect.stringMatching(/^ecp-node: usage: .+\n$/) as string,
      });
    }
  });

  test('leaves no request behind', async () => {
    expect((await exec(app.container, ['sh', '-c', 'ls /run/ecp | grep -c -e request -e value'], { mayFail: true })).stdout).toBe('0\n'); // prettier-ignore
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
