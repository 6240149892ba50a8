/** A mirror of two members and their arbiter, on the stand-in, whose instances speak to each other as its mirror.py has it. */
import { docker, exec, waitFor } from '../support/docker';
import { appConfig, dataConfig, directory, extra } from '../support/iris-bed';
import type { Identity, ThrowawayCa } from '../support/pki';
import { Server, withServer, type ContractCluster, type Files } from '../support/server';

interface Place {
  readonly bed: () => ContractCluster;
  readonly ca: () => ThrowawayCa;
}

interface Instance {
  readonly databases: Readonly<Record<string, { readonly mirrored?: string }>>;
  readonly forgotten?: readonly string[];
  readonly mirror: { readonly members: readonly string[]; readonly pending: readonly string[]; readonly role: string };
}

const MEMBERS = ['data-server-a', 'data-server-b'] as const;

/** What constructs/iris-image.ts makes of it. */
const mergeOf = (name: string, more = ',UseSSL=1') =>
  `[config]\nMaxServerConn=16\n[Actions]\nConfigMirror:Name=ECP,Member=${name === MEMBERS[0] ? 'primary' : 'backup'},Primary=${MEMBERS[0]},SystemName=${name.toUpperCase()},SSLDir=/opt/ecp/mirror-tls${more},ArbiterURL=arbiter:2188\n`;

export function mirrorTests({ bed, ca }: Place): void {
  describe('a mirror', () => {
    const identities: Record<string, Identity> = {};
    const environment = ['-e', 'ECP_MIRROR=ECP', '-e', `ECP_MIRROR_MEMBERS=${MEMBERS.join(' ')}`];
    const make = (name: string, role: 'data-server' | 'arbiter' = 'data-server', volume = name, isMirrored = true) =>
      new Server(
        {
          ...bed(),
          engineOptions: given => [...bed().engineOptions!(given), ...(isMirrored ? environment : [])],
        },
        name,
        role,
        `${bed().cluster}-mirror-${volume}`,
      );
    const filesOf = (
      name: string,
      more: Readonly<Record<string, string>> = {},
      config: object = dataConfig,
    ): Files => ({
      config,
      ca: ca().pem,
      identity: identities[name]!,
      authorizedClients: ['CN=app-server-1'],
      extra: {
        ...extra,
        'merge.cpf': mergeOf(name),
        'mirror-members': [...MEMBERS, 'arbiter'].map(each => `CN=${each}\n`).join(''),
        ...more,
      },
    });
    const start = async (server: Server, files: Files): Promise<void> => {
      await server.deliver(files);
      await server.start(files.config);
    };
    const instance = async (server: Server): Promise<Instance> =>
      JSON.parse((await exec(server.container, ['cat', '/durable/iris/instance.json'])).stdout) as Instance;
    const play = (server: Server, lines: string) =>
      exec(server.container, ['sh', '-c', 'cat >/tmp/scenario'], { input: lines });
    const waitForMirror = (server: Server, words: object, seconds = 20) =>
      waitFor(`${server.name} is ${JSON.stringify(words)}`, seconds, async () => {
        const { mirror } = (await server.status()) as { mirror?: Readonly<Record<string, unknown>> };
        const entries = Object.entries(words);
        return entries.every(([key, value]) => mirror?.[key] === value) || JSON.stringify(mirror);
      });
    let a: Server;
    let b: Server;
    let arbiter: Server;

    beforeAll(async () => {
      for (const name of [...MEMBERS, 'arbiter']) identities[name] = await ca().issue(name);
      [a, b, arbiter] = [make(MEMBERS[0]), make(MEMBERS[1]), make('arbiter', 'arbiter')];
    }, 60_000);

    afterAll(async () => {
      for (const server of [a, b, arbiter]) await server.remove();
    }, 60_000);

    test('is joined by the second member when the first one has made it, over TLS and by its subject', async () => {
      await start(b, filesOf(MEMBERS[1]));
      await waitFor('the wait', 20, async () => (await b.status()).reason.startsWith('waits for data-server-a'));
      await start(arbiter, { ...filesOf('arbiter', {}, {}) });
      await arbiter.waitForState('Normal', 20);
      expect(await arbiter.status()).toMatchObject({ role: 'arbiter', server: 'arbiter', reason: '' });
      expect((await arbiter.node(['get', '^demo'])).stderr).toContain('no data');
      await start(a, filesOf(MEMBERS[0]));
      for (const server of [a, b]) await server.waitForState('Normal', 40);
      await waitForMirror(a, {
        role: 'primary',
        backup: 'active',
        failover: 'automatic',
        arbiter: 'connected',
        lag: 0,
      });
      await waitForMirror(b, { role: 'backup', backup: 'active', mode: 'with', state: '', name: 'ECP' });
      const { mirror } = await instance(a);
      expect(mirror).toMatchObject({ members: ['CN=data-server-a', 'CN=data-server-b'], pending: [] });
      for (const server of [a, b]) {
        expect((await instance(server)).databases[directory]).toMatchObject({ mirrored: 'MYAPPDATA' });
        const { stdout } = await exec(server.container, ['cat', '/tmp/iris-main.args', '/tmp/iris-main.env']);
        expect(stdout).toContain('--ISCAgent\ntrue\n');
        expect(stdout).toContain('ISC_CPF_MERGE_FILE=/run/ecp/merge.cpf\n');
        expect(await server.health()).toBe('healthy');
      }
    }, 120_000);

    test('lets nobody else in', async () => {
      await play(a, 'joining=CN=stranger\n');
      await waitFor('the refusal', 20, async () => (await a.status()).refused.length === 1);
      expect((await a.status()).refused).toMatchObject([
        { subject: 'CN=stranger', why: 'the subject is not in mirror-members' },
      ]);
      await play(a, '');
      expect((await instance(a)).mirror.members).toHaveLength(2);
    }, 60_000);

    test('a switch-over needs the primary and an active backup', async () => {
      expect(await b.node(['step-down'])).toMatchObject({
        code: 1,
        stderr: 'ecp-node: this member is not the primary, it is backup\n',
      });
      await play(a, 'backup=Catchup\n');
      await waitForMirror(a, { backup: 'catching up' });
      expect(await a.node(['step-down'])).toMatchObject({
        code: 1,
        stderr: 'ecp-node: the other member is no active backup (catching up): it would not take over\n',
      });
      await play(a, '');
      await waitForMirror(a, { backup: 'active' });
      expect((await a.node(['status'])).code).toBe(0);
    }, 60_000);

    test('a switch-over stops the primary in good order, and it comes back as the backup', async () => {
      expect(await a.node(['step-down'], { timeoutSec: 60 })).toMatchObject({ code: 0, stderr: '' });
      await waitForMirror(b, { role: 'primary', backup: 'active' });
      await waitForMirror(a, { role: 'backup' });
      const calls = (await exec(a.container, ['cat', '/tmp/iris.calls'])).stdout;
      expect(calls).toMatch(/iris stop IRIS quietly\n(.*\n)*?iris start IRIS quietly\n/);
      for (const server of [a, b]) await server.waitForState('Normal', 20);
    }, 90_000);

    test('a restarted primary leaves its place to the backup, and takes part again', async () => {
      await docker(['restart', '-t', '30', b.container]);
      await waitForMirror(a, { role: 'primary' });
      await waitForMirror(b, { role: 'backup' });
      await b.waitForState('Normal', 20);
    }, 90_000);

    test('a member that was forced down stays so until somebody starts it again', async () => {
      expect(await b.node(['promote'])).toMatchObject({ code: 0 });
      await waitForMirror(b, { role: 'primary' });
      await a.waitForState('Failed', 20);
      expect((await a.status()).reason).toContain('it stays so until somebody starts this container again');
      await docker(['restart', '-t', '30', a.container]);
      await waitForMirror(a, { role: 'backup' });
      await play(a, 'no-promotion=1\n');
      expect((await a.node(['promote'])).stderr).toContain('^MIRROR');
      await play(a, '');
    }, 90_000);

    test.each([
      ['mirror=WAITING', 'Trouble', '^MIRROR'],
      ['mirror=STOPPED', 'Disabled', 'mirroring is stopped'],
      ['mirror=SYNCHRONIZING', 'In Progress', 'synchronizing'],
      ['catching-up=1', 'In Progress', `the copy of the database in ${directory} is not up to date yet`],
    ])(
      'says what a member waits for: %s',
      async (scenario, state, words) => {
        await play(a, `${scenario}\n`);
        await a.waitForState(state, 20);
        expect((await a.status()).reason).toContain(words);
        await play(a, '');
        await a.waitForState('Normal', 20);
      },
      60_000,
    );

    test('a primary that does not know who goes on is in Trouble', async () => {
      await play(b, 'trouble=1\n');
      await b.waitForState('Trouble', 20);
      await play(b, '');
      await b.waitForState('Normal', 20);
    }, 60_000);

    test('the first member joins when its data is lost, and makes no second mirror', async () => {
      await a.remove();
      a = make(MEMBERS[0], 'data-server', 'lost');
      await start(a, filesOf(MEMBERS[0]));
      await waitFor('the reason', 40, async () => (await a.status()).reason.includes('Remove Other Mirror Member'));
      // What a person does in the portal.
      const remove = `import json; p = '/durable/iris/instance.json'; f = json.load(open(p)); f['mirror']['members'] = ['CN=data-server-b']; json.dump(f, open(p, 'w'))`;
      await exec(b.container, ['python3', '-c', remove]);
      await waitForMirror(a, { role: 'backup' }, 30);
      await waitForMirror(b, { role: 'primary' });
      expect((await exec(a.container, ['cat', '/run/ecp/merge.cpf'])).stdout).toContain(
        'Member=backup,Primary=data-server-b,',
      );
    }, 90_000);

    test('a volume of a mirror is for its members alone', async () => {
      await a.remove();
      const alone = make('data-server-a', 'data-server', 'lost', false);
      await withServer(alone, filesOf(MEMBERS[0]), async () => {
        await alone.waitForState('Failed', 20);
        expect((await alone.status()).reason).toContain("belongs to a member of the mirror 'ECP'");
      });
      await a.start(dataConfig);
      await waitForMirror(a, { role: 'backup' }, 30);
    }, 60_000);
  });

  describe('a mirror of data that was there before', () => {
    const first = MEMBERS[0];
    const serve = async (isMirrored: boolean, merge: string, body: (server: Server) => Promise<void>) => {
      const server = new Server(
        {
          ...bed(),
          engineOptions: role => [
            ...bed().engineOptions!(role),
            ...(isMirrored ? ['-e', 'ECP_MIRROR=ECP', '-e', `ECP_MIRROR_MEMBERS=${first} nobody`] : []),
          ],
        },
        first,
        'data-server',
        `${bed().cluster}-before`,
      );
      const files = {
        ...{ config: dataConfig, ca: ca().pem, identity: await ca().issue(first), authorizedClients: [] },
        extra: { ...extra, 'merge.cpf': merge, 'mirror-members': 'CN=nobody\n' },
      };
      await withServer(server, files, () => body(server));
    };

    test('is made of it, and refused where it would not require TLS', async () => {
      await serve(false, extra['merge.cpf'], server => server.waitForState('Normal', 20));
      await serve(true, mergeOf(first), async server => {
        await server.waitForState('Normal', 20);
        const { stdout } = await exec(server.container, ['cat', '/durable/iris/instance.json']);
        expect((JSON.parse(stdout) as Instance).databases[directory]).toMatchObject({ mirrored: 'MYAPPDATA' });
        expect(await server.status()).toMatchObject({
          mirror: { role: 'primary', backup: 'away', failover: 'by hand' },
        });
        await exec(server.container, ['rm', '-r', '/durable/iris', '/durable/.ecp-mirror', '/durable/.ecp-code']);
      });
      await serve(true, mergeOf(first, ''), async server => {
        await server.waitForState('Failed', 20);
        expect((await server.status()).reason).toBe('the mirror ECP does not require TLS (Config.Mirrors, UseSSL)');
      });
    }, 120_000);

    test('has application servers that add the data server again, marked as a mirror', async () => {
      const volume = `${bed().cluster}-durable-app`;
      const app = new Server(
        {
          ...bed(),
          engineOptions: role => [
            ...bed().engineOptions!(role),
            ...['-v', `${volume}:/durable`, '-e', 'ISC_DATA_DIRECTORY=/durable/iris'],
          ],
        },
        'durable-app',
        'app-server',
      );
      await docker(['volume', 'create', '--label', `ecp.cluster=${bed().cluster}`, volume]);
      const identity = await ca().issue('durable-app');
      const marked = JSON.parse(JSON.stringify(appConfig)) as typeof appConfig;
      Object.assign(marked.ECPServers!['data-server']!, { MirrorConnection: 1 });
      Object.assign(marked.Databases!.myappdata!, { Directory: ':mirror:ECP:MYAPPDATA' });
      for (const [config, forgotten] of [
        [appConfig, undefined],
        [marked, ['DATA-SERVER']],
      ] as const)
        await withServer(app, { config, ca: ca().pem, identity, extra }, async () => {
          await app.waitForState('Normal', 20);
          const { stdout } = await exec(app.container, ['cat', '/durable/iris/instance.json']);
          expect((JSON.parse(stdout) as Instance).forgotten).toEqual(forgotten);
          await app.node(['set', '^demo.x'], { input: 'y', mayFail: false });
        });
    }, 90_000);
  });
}
