/** What anybody may send or leave behind is data: names in certificates, files in memory and on the data volume, old suites, host names. */
import { request } from 'node:http';
import { connect } from 'node:net';
import type { NodeStatus } from '../../cli/access/node-status';
import { exec } from './support/docker';
import { HostileClient } from './support/hostile-client';
import type { Identity } from './support/pki';
import { IS_ON_DEMAND } from './support/repetitions';
import { StateSecrets } from './support/state-secrets';
import { Steps } from './support/steps';
import { dockerOk, ecp, ecpOk, eventually, printLogs, removeCluster, testCluster } from './support/test-cluster';

jest.setTimeout(200_000);

const cluster = testCluster('ecp-engine-untrusted', 71);
const steps = new Steps();
const { step } = steps;
const DATA = `${cluster.name}-data-server`;
const APP = `${cluster.name}-app-server-1`;
let client: HostileClient;
let secrets: StateSecrets;
let another: Identity;

beforeAll(async () => {
  await ecpOk(cluster, ['up', '--yes']);
  secrets = new StateSecrets(cluster.stateFile);
  client = await HostileClient.start(cluster, cluster.name, 'ecp.test=ecp-engine-untrusted');
  another = await client.authority('another');
});
afterAll(async () => {
  try {
    if (steps.failed) await printLogs(cluster);
  } finally {
    await dockerOk('rm', '--force', client.container);
    await removeCluster(cluster);
  }
});

async function statusOf(container: string): Promise<NodeStatus> {
  return JSON.parse((await exec(container, ['ecp-node', 'status'], { timeoutSec: 20 })).stdout) as NodeStatus;
}
const inside = async (container: string, script: string) => (await exec(container, ['bash', '-c', script])).stdout;

async function normal(container: string): Promise<void> {
  const seen = async () => (await exec(container, ['ecp-node', 'status'], { mayFail: true })).stdout;
  await eventually(`${container} is Normal`, 40, async () =>
    (await seen()).includes('"state": "Normal"') ? true : undefined,
  );
}

describe('names in certificates', () => {
  const value = (text: string): string => text.replace(/[\\/+=]/g, '\\$&');
  const many = (count: number, text: string): string => `/OU=${value(text)}`.repeat(count);
  const NAMES: readonly (readonly [string, string, RegExp])[] = [
    // Where a line is cut, an escape may be cut as well: names of each length.
    ...['', 'x', 'xx', 'xxx'].map(
      more =>
        [
          `fourteen units of quotes and backslashes, and odd${more}`,
          `${many(14, '"\\'.repeat(32))}/CN=odd${more}`,
          /^CN=oddx*,OU=/,
        ] as const,
    ),
    [
      'two hundred long units',
      `${many(200, 'u'.repeat(64))}/CN=long`,
      /^(CN=long,OU=u|\(a subject that is too long\)|$)/,
    ],
    [
      'a line break and control characters',
      `/O=${value('a\nend 2026|x|unauthorized|CN=b\r\t\x01\x7f\x1b[31m')}/CN=odd`,
      /^CN=odd,O=a/,
    ],
    ['what separates the fields of the log', '/O=||| | {"x":1}/CN=a|b c', /^CN=a\|b c,O=/],
    ['other scripts', '/O=Größe 東京 🙂 \u202e/CN=odd', /^CN=odd,O=/],
    ['bytes that are no UTF-8', '/O=\udc80\udcff/CN=odd', /^CN=odd,O=/],
    ['what a shell would run', '/O=$(touch \\/tmp\\/owned)`touch \\/tmp\\/owned`%s%n/CN=odd', /^CN=odd,O=\$/],
  ];

  for (const own of [false, true]) {
    // Of this authority are those whose handshake succeeds: they are told of by another line.
    const names = NAMES.filter((_, index) => !own || index < 3);
    step(`signed by ${own ? 'this' : 'another'} authority: each is shown, and nothing else changes`, async () => {
      const before = (await statusOf(DATA)).refused;
      const knocks = names.map(async ([name, subject]) => {
        const identity = await client.forge(own ? secrets.authority : another, { subject, host: 'x' });
        return { name, bytes: (await client.knock({ identity })).bytes };
      });
      expect(await Promise.all(knocks)).toEqual(names.map(([name]) => ({ name, bytes: 0 })));
      const { refused } = await eventually('the refusals are listed', 5, async () => {
        const status = await statusOf(DATA);
        return status.refused.length >= Math.min(20, before.length + names.length) ? status : undefined;
      });
      for (const [name, , shows] of names)
        expect({ name, shown: refused.some(({ subject }) => shows.test(subject)) }).toEqual({ name, shown: true });
      for (const { why } of refused.slice(-names.length))
        expect(why).toMatch(/^the (certificate is not from the CA|subject is not in)|^TLS handshake/);
      const told = await ecp(cluster, ['status', '--json']);
      expect({ code: told.code, words: told.stderr }).toEqual({ code: 0, words: '' });
      expect(await inside(DATA, 'ls /tmp')).toBe('');
    });
  }

  step('rotate works with all of them in the list', async () => {
    expect((await statusOf(DATA)).refused.length).toBeLessThanOrEqual(20);
    await ecpOk(cluster, ['rotate', '--yes']);
  });
});

step('garbage in /run/ecp is shown as such and stays out of everything else', async () => {
  const garbage = [
    '',
    'x',
    '{',
    '{"subject":1}',
    '[]',
    'null',
    '{"subject":"a\\"',
    '\\0\\377\\376',
    '{"a":{}}\\n{"subject":"s","why":"w","at":""}\\nrest',
  ];
  // The monitor writes state and beat anew; what it would read itself is left alone.
  for (const file of ['refused', 'certificate.json', 'authorized-clients', 'state.json', 'beat']) {
    const script = `cp /run/ecp/${file} /tmp/kept 2>/dev/null; for words; do printf '%b' "$words" >/run/ecp/${file}; ecp-node status || echo failed; printf '\\0'; done
      rm -f /run/ecp/healthy; ecp-node healthcheck >/dev/null; rm -f /run/ecp/${file}; [ ! -e /tmp/kept ] || mv /tmp/kept /run/ecp/${file}`;
    const { stdout, stderr } = await exec(DATA, ['bash', '-c', script, 'garbage', ...garbage]);
    const answers = stdout.split('\0').slice(0, -1);
    expect({ file, stderr, answers: answers.length }).toEqual({ file, stderr: '', answers: garbage.length });
    for (const answer of answers) {
      const { role, peers, refused } = JSON.parse(answer) as NodeStatus;
      expect({ file, role, peers: Array.isArray(peers) }).toEqual({ file, role: 'data-server', peers: true });
      for (const line of refused) expect(Object.values(line).every(each => typeof each === 'string')).toBe(true);
    }
  }
  const shown = await inside(
    DATA,
    `printf '{"subject":"a\\n{"subject":"s","why":"w","at":""}\\n' >/run/ecp/refused; ecp-node status`,
  );
  expect((JSON.parse(shown) as NodeStatus).refused).toEqual([
    { subject: '{"subject":"a', why: 'this line cannot be read', at: '' },
    { subject: 's', why: 'w', at: '' },
  ]);
  expect((await ecp(cluster, ['status'])).code).toBe(0);
});

describe('TLS 1.2', () => {
  const SUITES: readonly (readonly [string, boolean])[] = [
    ['AES128-SHA', false],
    ['AES256-GCM-SHA384', false],
    ['ECDHE-ECDSA-AES256-SHA384', false],
    ['ECDHE-ECDSA-AES128-GCM-SHA256', true],
    ['ECDHE-ECDSA-CHACHA20-POLY1305', true],
  ];
  SUITES.forEach(([suite, served]) => {
    step(`${suite} is ${served ? 'served' : 'refused'}`, async () => {
      const knock = { identity: secrets.of('app-server-2'), options: `-alpn ecp -tls1_2 -cipher ${suite}:@SECLEVEL=0` };
      if (served) return expect(await client.isServed(knock)).toBe(true);
      expect(await client.knock(knock)).toMatchObject({ bytes: 0, closed: true });
      await eventually('the reason is listed', 5, async () =>
        (await statusOf(DATA)).refused.at(-1)?.why.startsWith('no cipher suite in common') ? true : undefined,
      );
    });
  });

  /** The image's HAProxy with its own settings and a part more, in the client's container; `$PWD` has tls.pem. */
  const haproxy = (
    part: string,
    then: string,
  ): string => `cd "$(mktemp -d /tmp/haproxy.XXXXXX)"; : | tee /run/ecp/metrics >/run/ecp/backup
    openssl req -x509 $1 -nodes -keyout key -out cert -subj /CN=x -days 1 2>/dev/null; cat cert key >tls.pem; printf '${part}' "$PWD/tls.pem" >part.cfg
    ECP_TLS_MIN=TLSv1.2 ECP_TLS_MAX=TLSv1.3 ECP_ROLE=x haproxy -db -f /opt/ecp/haproxy/common.cfg -f part.cfg >log 2>&1 & haproxy=$!
    trap 'kill $haproxy' EXIT; sleep 1; ${then}`;

  const KEYS: readonly (readonly [string, string, string])[] = [
    ['RSA', '-newkey rsa:2048', 'ECDHE-RSA'],
    ['ECDSA', '-newkey ec -pkeyopt ec_paramgen_curve:P-256', 'ECDHE-ECDSA'],
  ];
  KEYS.forEach(([kind, key, suite]) => {
    step(`a certificate with an ${kind} key works with TLS 1.2 and 1.3`, async () => {
      const ask = `for version in 1_2 1_3; do openssl s_client -connect 127.0.0.1:1972 -tls$version </dev/null 2>/dev/null | grep '^New, TLS'; done`;
      const { stdout } = await client.run(haproxy('frontend f\\n bind 127.0.0.1:1972 ssl crt %s\\n', ask), [key]);
      expect(stdout).toMatch(
        new RegExp(`^New, TLSv1.2, Cipher is ${suite}-[^\n]*\nNew, TLSv1.3, Cipher is TLS_[^\n]*\n$`),
      );
    });
  });

  step('an application server takes no other suites from a data server either', async () => {
    const ask = `for suite in AES128-SHA ECDHE-RSA-AES128-GCM-SHA256; do
      openssl s_server -accept 1974 -cert cert -key key -tls1_2 -cipher "$suite:@SECLEVEL=0" -www >/dev/null 2>&1 & server=$!; sleep 0.7
      { exec 3<>/dev/tcp/127.0.0.1/1973; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; echo "$suite $(timeout 3 head -c 8 <&3)"; exec 3>&-; kill "$server"; wait "$server"; } 2>/dev/null; done; true`;
    const part = 'listen out\\n bind 127.0.0.1:1973\\n server s 127.0.0.1:1974 ssl verify none\\n#%s\\n';
    const { stdout } = await client.run(haproxy(part, ask), ['-newkey rsa:2048']);
    expect(stdout).toBe('AES128-SHA \nECDHE-RSA-AES128-GCM-SHA256 HTTP/1.0\n');
  });
});

describe('the web page', () => {
  const status = (host: string | undefined, path: string, port: number): Promise<number> =>
    new Promise((resolve, reject) => {
      const sent = request({
        port,
        path,
        host: '127.0.0.1',
        setHost: false,
        headers: host === undefined ? {} : { host },
      });
      sent.on('response', answer => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      });
      sent.on('error', reject).end();
    });
  const PORTS = [cluster.dataServerWebPort, cluster.appServerWebPortBase + 1];

  step('answers to addresses and to names without a dot', async () => {
    for (const port of PORTS) {
      const hosts = [
        'localhost',
        `localhost:${port}`,
        `127.0.0.1:${port}`,
        '127.0.0.1',
        `[::1]:${port}`,
        '10.1.2.3:52773',
        'data-server:52773',
        DATA,
        'LOCALHOST',
      ];
      for (const path of ['/', '/metrics', '/metrics/ecp'])
        for (const host of hosts)
          expect({ host, path, code: await status(host, path, port) }).toEqual({ host, path, code: 200 });
    }
  });

  step('does not answer to a name that somebody else may have pointed at it', async () => {
    const hosts = [
      'evil.example',
      `rebind.evil.example:${PORTS[0]}`,
      '127.0.0.1.evil.example',
      'localhost.evil.example',
      'x.localhost@evil.example',
      'a b',
      '127.0.0.1, evil.example',
      'evil.',
    ];
    for (const path of ['/', '/metrics', '/metrics/ecp', '/;csv'])
      for (const host of hosts) expect([400, 421]).toContain(await status(host, path, PORTS[0]!));
  });

  step('answers to a client that names no host', async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      let text = '';
      const socket = connect(PORTS[0]!, '127.0.0.1', () => socket.write('GET /metrics/ecp HTTP/1.0\r\n\r\n'));
      socket.setEncoding('utf8').on('data', (words: string) => (text += words));
      socket.on('close', () => resolve(text)).on('error', reject);
    });
    expect(answer).toMatch(/^HTTP\/1\.[01] 200 /);
  });
});

describe('files of the data volume', () => {
  const directory = '/durable/iris/mgr/myappdata';
  /** Runs a script on the volume while the data server is down. */
  async function withVolume(how: readonly string[], script: string): Promise<string> {
    await dockerOk(...how, DATA);
    const image = await dockerOk('inspect', '--format', '{{.Image}}', DATA);
    const answer = await dockerOk(
      ...['run', '--rm', '--network', 'none', '--volumes-from', DATA, '--entrypoint', 'bash', image],
      ...['-c', `set -e; cd ${directory}; ${script}`],
    );
    await dockerOk('start', DATA);
    return answer;
  }
  const reason = async (): Promise<string> =>
    eventually('the data server has refused or is Normal', 40, async () => {
      const { stdout } = await exec(DATA, ['ecp-node', 'status'], { mayFail: true });
      const { state, reason: words } = (stdout === '' ? {} : JSON.parse(stdout)) as Partial<NodeStatus>;
      return state === 'Failed' || state === 'Normal' ? `${state}: ${words}` : undefined;
    });
  const owned = async (): Promise<string> => inside(DATA, 'ls /durable/owned /tmp/owned 2>/dev/null || true');

  beforeAll(async () => {
    await exec(APP, ['bash', '-c', 'for i in 1 2 3; do ecp-node set "^demo.kept($i)" <<<kept; ecp-node sync; done']);
  });

  for (const words of ['BASH_VERSINFO[$(touch /durable/owned)]', '1e3', '9'.repeat(40)].slice(
    0,
    IS_ON_DEMAND ? 3 : 1,
  )) {
    step(`a number of the last sync that says '${words.slice(0, 24)}' is not run, and refused`, async () => {
      await withVolume(['kill'], `cp synced.0 kept.0; cat >synced.0 <<'END'\n${words}\nEND`);
      expect(await reason()).toMatch(/^Failed: the journal is damaged/);
      expect(await owned()).toBe('');
      await withVolume(['kill'], 'mv kept.0 synced.0');
      await normal(DATA);
    });
  }

  step('the number in the database is data as well', async () => {
    const set = `export ECP_ROLE=data-server; . /opt/ecp/lib/common.sh; "$gtm_dist/mumps" -direct <<<$'set ^%ecp="BASH_VERSINFO[$(touch /durable/owned)]" view "JNLFLUSH":"DEFAULT"'`;
    await inside(DATA, set);
    await withVolume(['kill'], 'true');
    expect(await reason()).toMatch(/^Failed: the journal is damaged/);
    expect(await owned()).toBe('');
    // The remedy that the reason names.
    await withVolume(['kill'], 'rm -f synced.0 synced.1');
    await normal(DATA);
    expect(await owned()).toBe('');
  });

  step('a seal counts for the data file alone, whatever name stands in it', async () => {
    const damage = `printf x | dd of=GTM.DAT bs=1 seek=$(($(stat -c %s GTM.DAT) - 9)) conv=notrunc status=none`;
    await withVolume(
      ['stop'],
      // Without its copy, since the file would be rebuilt.
      `mkdir kept; mv copy.* kept; cp GTM.DAT seal kept; ${damage}; echo harmless >other; { sha256sum "$PWD/other"; echo 'run $(touch /durable/owned)'; } >seal`,
    );
    expect(await reason()).toMatch(/^Failed: .*GTM\.DAT is damaged/);
    expect(await owned()).toBe('');
    await withVolume(['stop'], 'mv kept/* .; rmdir kept; rm other');
    await normal(DATA);
  });

  step('a copy counts with its own hash alone', async () => {
    await withVolume(
      ['kill'],
      // A copy with another name's content, and one as releases before 0.3 left it.
      `for copy in copy.*; do printf x >>"$copy"; done; echo harmless >other; sha256sum "$PWD/other" >copy.hash; cp other copy; printf x >>copy`,
    );
    await normal(DATA);
    expect(await dockerOk('logs', '--tail', '20', DATA)).toContain('there is no copy');
    for (const i of [1, 2, 3]) expect((await exec(APP, ['ecp-node', 'get', `^demo.kept(${i})`])).stdout).toBe('kept\n');
  });

  step('a mark of the engine that is no file, or says anything, ends in one sentence', async () => {
    const mark = '/durable/.ecp-engine';
    for (const make of [`ln -s /dev/zero ${mark}`, `printf 'a"\\n\\033[31m$(touch /durable/owned)%%s' >${mark}`]) {
      await withVolume(['stop'], `mv ${mark} /durable/kept; ${make}`);
      expect(await reason()).toMatch(/^Failed: .*give (it|this data server) a volume of its own$/);
      expect(await owned()).toBe('');
      await withVolume(['stop'], `rm -rf ${mark}; mv /durable/kept ${mark}`);
      await normal(DATA);
    }
  });
});

async function served(identity: Identity): Promise<boolean> {
  return client.isServed({ identity });
}
step('after all that an admitted client is served', async () => {
  expect(await served(secrets.of('app-server-1'))).toBe(true);
  await ecpOk(cluster, ['verify']);
});
