// ecp-test: calm
/** Nobody gets in: what the data server refuses, and whom an application server does not believe. docs/security.md. */
import type { NodeStatus } from '../../cli/access/node-status';
import { exec, sleep } from './support/docker';
import { HostileClient, type Forgery, type Knock } from './support/hostile-client';
import type { Identity } from './support/pki';
import { StateSecrets } from './support/state-secrets';
import { Steps } from './support/steps';
import { dockerOk, ecpOk, eventually, printLogs, removeCluster, testCluster } from './support/test-cluster';

jest.setTimeout(300_000);

const cluster = testCluster('ecp-hostile', 4);
const neighbour = testCluster('ecp-hostile-b', 4, {
  ECP_APP_SERVERS: '1',
  ECP_DATA_SERVER_WEB_PORT: '23300',
  ECP_APP_SERVER_WEB_PORT_BASE: '23400',
});
const SERVERS = ['data-server', 'app-server-1', 'app-server-2'];

let client: HostileClient;
let secrets: StateSecrets;
const steps = new Steps();
const { step } = steps;

const containerOf = (server: string, of = cluster): string => `${of.name}-${server}`;

async function statusOf(server: string, of = cluster): Promise<NodeStatus> {
  const { stdout } = await exec(containerOf(server, of), ['ecp-node', 'status'], { timeoutSec: 20 });
  return JSON.parse(stdout) as NodeStatus;
}

/** Since when every server is Normal; the times stay the same as long as none was anything else. */
async function normalSince(): Promise<string[]> {
  const states = await Promise.all(SERVERS.map(server => statusOf(server)));
  return states.map(({ server, state, since, reason }) =>
    state === 'Normal' ? `${server} ${since}` : `${server} ${state} ${reason}`,
  );
}

async function allNormal(timeoutSec: number): Promise<void> {
  await eventually('all servers Normal', timeoutSec, async () =>
    (await normalSince()).every(line => /^\S+ \d{4}-/.test(line)) ? true : undefined,
  );
}

beforeAll(async () => {
  await ecpOk(cluster, ['up', '--yes']);
  await ecpOk(neighbour, ['up', '--yes']);
  secrets = new StateSecrets(cluster.stateFile);
  client = await HostileClient.start(cluster);
});

afterAll(async () => {
  try {
    if (steps.failed) for (const each of [cluster, neighbour]) await printLogs(each);
  } finally {
    await removeCluster(cluster);
    await removeCluster(neighbour);
  }
});

describe('the data server refuses', () => {
  const forged = (forgery: Forgery) => (): Promise<Identity> => client.forge(secrets.authority, forgery);
  const own = (): Promise<Identity> => Promise.resolve(secrets.of('app-server-2'));

  /** Who knocks, and how it is to show: subject and reason. The control is the same client with the identity of app-server-2. */
  const CASES: readonly {
    readonly name: string;
    readonly identity?: () => Promise<Identity>;
    readonly knock?: Knock;
    readonly control?: Knock;
    readonly subject: string;
    readonly why: string;
  }[] = [
    { name: 'a client without certificate', subject: '', why: 'no certificate' },
    {
      name: 'an admitted name from another authority',
      identity: async () => client.forge(await client.authority('another'), { subject: '/CN=app-server-2' }),
      subject: 'CN=app-server-2',
      why: 'the certificate is not from the CA of this cluster',
    },
    {
      name: 'an authority of the same name with another key',
      identity: async () =>
        client.forge(await client.authority('ecp-hostile ECP CA 1'), { subject: '/CN=app-server-1' }),
      subject: 'CN=app-server-1',
      why: 'the certificate is not from the CA of this cluster',
    },
    {
      name: 'a name that is not admitted',
      identity: forged({ subject: '/CN=app-server-17' }),
      subject: 'CN=app-server-17',
      why: 'the subject is not in authorized-clients',
    },
    {
      name: 'an admitted name in a longer subject',
      identity: forged({ subject: '/O=ecp/CN=app-server-2' }),
      subject: 'CN=app-server-2,O=ecp',
      why: 'the subject is not in authorized-clients',
    },
    {
      name: 'an admitted name twice',
      identity: forged({ subject: '/CN=app-server-2/CN=app-server-1' }),
      subject: 'CN=app-server-1,CN=app-server-2',
      why: 'the subject is not in authorized-clients',
    },
    {
      name: 'an admitted name in other letters',
      identity: forged({ subject: '/CN=APP-SERVER-2' }),
      subject: 'CN=APP-SERVER-2',
      why: 'the subject is not in authorized-clients',
    },
    {
      name: 'an expired certificate',
      identity: forged({ subject: '/CN=app-server-2', from: -3, until: -1 }),
      subject: 'CN=app-server-2',
      why: 'the certificate has expired',
    },
    {
      name: 'a certificate that is not valid yet',
      identity: forged({ subject: '/CN=app-server-2', from: 1, until: 2 }),
      subject: 'CN=app-server-2',
      why: 'the certificate is not yet valid',
    },
    { name: 'plain text', knock: { plain: true }, control: {}, subject: '', why: 'not TLS (plain text?)' },
    {
      name: 'TLS 1.1',
      identity: own,
      knock: { options: '-alpn ecp -tls1_1 -cipher DEFAULT@SECLEVEL=0' },
      control: { options: '-alpn ecp -tls1_2' },
      subject: '',
      why: 'a TLS version other than TLSv1.2 to TLSv1.3',
    },
  ];

  CASES.forEach(({ name, identity, knock, control, subject, why }) => {
    step(`${name}, before a byte of reply, and names it`, async () => {
      // GIVEN
      const before = await normalSince();
      const start = new Date().toISOString().replace(/\.\d+/, '');
      const inLog = async (): Promise<number> =>
        (await dockerLog()).filter(line =>
          line.endsWith(`refused ${subject || 'a client without certificate'}: ${why}`),
        ).length;
      const loggedBefore = await inLog();

      // WHEN
      const refused = await client.knock({ ...knock, identity: await identity?.() });
      const served = await client.isServed({ ...(control ?? knock), identity: await own() });

      // THEN
      expect({ ...refused, words: '', served }).toEqual({ bytes: 0, closed: true, words: '', served: true });
      await eventually(`a refusal of '${subject}': ${why}`, 5, async () => {
        const { refused: list } = await statusOf('data-server');
        return list.find(each => each.subject === subject && each.why === why && each.at >= start);
      });
      expect(await inLog()).toBe(loggedBefore + 1);
      expect(await normalSince()).toEqual(before);
    });
  });

  step(
    '2000 connections as fast as they can be made, while acknowledged writes go on and every server stays Normal',
    async () => {
      const before = await normalSince();
      let flooding = true;
      const flood = floodWith(2000).finally(() => (flooding = false));
      const seen = new Set<string>();
      let written = 0;
      while (flooding) {
        const sets = Array.from({ length: 50 }, () => `set ^demo.flood(${++written})=${written}`);
        const session = exec(containerOf('app-server-1'), ['ecp-node', 'session'], {
          input: `${[...sets, 'sync', 'halt'].join('\n')}\n`,
          mayFail: true,
        });
        for (const line of await normalSince()) seen.add(line);
        expect((await session).stdout).toBe('ok\n'.repeat(51));
      }
      const { refused, realSec } = await flood;
      const stored = (await exec(containerOf('data-server'), ['ecp-node', 'zwrite', '^demo.flood'])).stdout
        .trim()
        .split('\n');
      console.log(
        `${(refused / realSec).toFixed(0)} refused connections a second, ${written} acknowledged writes meanwhile`,
      );
      expect([...seen].sort()).toEqual([...before].sort());
      expect(stored).toHaveLength(written);
      expect(written).toBeGreaterThan(0);
      await sleep(2);
      expect(await normalSince()).toEqual(before);
      expect(await client.isServed({ identity: await own() })).toBe(true);
    },
  );

  /** A quick machine makes them in 10 s. */
  async function floodWith(connections: number): Promise<{ refused: number; realSec: number }> {
    const sum = { refused: 0, realSec: 0 };
    for (let round = 0; sum.refused < connections; round++) {
      if (round === 12) throw new Error(`${sum.refused} connections in ${sum.realSec} s instead of ${connections}`);
      const { refused, realSec } = await client.flood(10);
      sum.refused += refused;
      sum.realSec += realSec;
    }
    return sum;
  }

  async function dockerLog(): Promise<string[]> {
    return (await dockerOk('logs', containerOf('data-server'))).split('\n');
  }
});

describe('two clusters on one host, with the same names of servers', () => {
  step('do not reach each other by address', async () => {
    const address = await dockerOk(
      ...[
        'inspect',
        '--format',
        '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}',
        containerOf('data-server'),
      ],
    );
    const connect = (host: string) =>
      exec(containerOf('app-server-1', neighbour), ['timeout', '3', 'bash', '-c', `: <"/dev/tcp/${host}/1972"`], {
        mayFail: true,
      });
    expect((await connect('data-server')).code).toBe(0);
    expect((await connect(address)).code).not.toBe(0);
  });

  step('do not take each other’s certificates', async () => {
    const theirs = new StateSecrets(neighbour.stateFile).of('app-server-1');
    expect(await client.knock({ identity: theirs })).toMatchObject({ bytes: 0, closed: true });
    const { refused } = await statusOf('data-server');
    expect(refused.at(-1)).toMatchObject({
      subject: 'CN=app-server-1',
      why: 'the certificate is not from the CA of this cluster',
    });
    expect(await client.isServed({ identity: secrets.of('app-server-1') })).toBe(true);
  });

  step('do not serve a server that is moved into the other’s network', async () => {
    const stray = containerOf('app-server-1', neighbour);
    await dockerOk('network', 'disconnect', neighbour.name, stray);
    await dockerOk('network', 'connect', cluster.name, stray);
    try {
      const reason = await eventually('the stray server says why', 20, async () => {
        const status = await statusOf('app-server-1', neighbour);
        return status.state !== 'Normal' && status.reason.includes('certificate') ? status.reason : undefined;
      });
      expect(reason).toContain('is not from the CA of this cluster');
      const set = await exec(stray, ['ecp-node', 'set', '^demo.theft'], { input: 'x', mayFail: true, timeoutSec: 20 });
      expect(set.code).toBe(3);
      const found = await exec(containerOf('data-server'), ['ecp-node', 'get', '^demo.theft'], { mayFail: true });
      expect(found.stderr).toContain('<UNDEFINED>');
    } finally {
      await dockerOk('network', 'disconnect', cluster.name, stray);
      await dockerOk('network', 'connect', '--alias', 'app-server-1', neighbour.name, stray);
    }
    await eventually('the stray server is Normal at home', 20, async () =>
      (await statusOf('app-server-1', neighbour)).state === 'Normal' ? true : undefined,
    );
    await ecpOk(neighbour, ['verify']);
  });
});

describe('an application server', () => {
  const impostors: readonly [string, () => Promise<Identity>, RegExp][] = [
    [
      'another authority',
      async () => client.forge(await client.authority('another'), { subject: '/CN=data-server' }),
      /is not from the CA of this cluster/,
    ],
    [
      'another name',
      () => client.forge(secrets.authority, { subject: '/CN=elsewhere' }),
      /is not for the name data-server/,
    ],
    ['the stolen key of an application server', () => Promise.resolve(secrets.of('app-server-2')), /certificate/],
  ];

  beforeAll(() => dockerOk('network', 'disconnect', cluster.name, containerOf('data-server')));

  impostors.forEach(([name, identity, reason]) => {
    step(`tells nothing to a server with ${name} that has taken the data server's name`, async () => {
      await client.answerAs('data-server', cluster.name, await identity());
      try {
        let seen = '';
        const check = async (): Promise<true | undefined> => {
          const status = await statusOf('app-server-1');
          seen = `${status.state}, ${status.reason}`;
          return status.state === 'Trouble' && reason.test(status.reason) ? true : undefined;
        };
        await eventually(`the reason ${reason}`, 30, check, () => seen);
        const get = await exec(containerOf('app-server-1'), ['ecp-node', 'get', '^demo.flood(1)'], { mayFail: true });
        expect(get.code).toBe(3);
        expect(await client.heard()).toBe(0);
      } finally {
        await client.beSilent(cluster.name);
      }
    });
  });

  step("talks to the data server's own certificate (the control)", async () => {
    await client.answerAs('data-server', cluster.name, secrets.of('data-server'));
    try {
      await eventually('a request', 30, async () => ((await client.heard()) > 0 ? true : undefined));
    } finally {
      await client.beSilent(cluster.name);
    }
  });

  step('is Normal again when the data server is back', async () => {
    await dockerOk('network', 'connect', '--alias', 'data-server', cluster.name, containerOf('data-server'));
    await allNormal(30);
    await ecpOk(cluster, ['verify']);
  });
});
