import { existsSync, readFileSync, rmSync } from 'node:fs';
import { caNumbersFile } from '../../app/authority-numbers';
import type { CertificateStatus } from '../../cli/access/node-status';
import { run } from '../../cli/process';
import { Command } from './support/command';
import { HostileClient } from './support/hostile-client';
import { Oracle } from './support/oracle';
import { changeCertificateInState, identityInState } from './support/state-pki';
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
} from './support/test-cluster';

jest.setTimeout(600_000);

const APP_SERVERS = ['app-server-1', 'app-server-2'];
const SERVERS = ['data-server', ...APP_SERVERS];

const cluster = testCluster('ecp-rotation', 23);
const story = new Steps();

/** Writers whose session lasts, and writers with a new connection for each batch: both kinds on every application server. */
let oracles: Oracle[];
let client: HostileClient;
let untouched: string;
/** Keys of the servers after a deploy that went on with step 2 and left them as they were. */
let keysOfStep2: string[];

beforeAll(async () => {
  await ecpOk(cluster, ['up', '--yes']);
  client = await HostileClient.start(cluster, cluster.name, `ecp.test=${cluster.name}`);
  untouched = await lives();
  oracles = [
    new Oracle(cluster.name, 'lasting', {}, 60).start(APP_SERVERS),
    new Oracle(cluster.name, 'new', {}, 60).start(APP_SERVERS, { sync: true, newSessions: true }),
  ];
});

afterAll(async () => {
  await Promise.all((oracles ?? []).map(oracle => oracle.stop()));
  if (story.failed) await printLogs(cluster);
  if (client) await dockerOk('rm', '--force', client.container);
  await removeCluster(cluster);
});

describe('rotation under load', () => {
  story.step('./ecp rotate gives every server a new key and certificate', async () => {
    const before = await certificates();
    const served = await servedSerial();
    const oldKeys = keys();
    await ecpOk(cluster, ['rotate']);
    const after = await certificates();
    for (const [index, { serial }] of after.entries()) expect(serial).not.toBe(before[index]!.serial);
    for (const key of keys()) expect(oldKeys).not.toContain(key);
    expect(await servedSerial()).not.toBe(served);
    expect(await servedSerial()).toBe(after[0]!.serial);
    await everyWriteWasAcknowledged();
  });

  story.step('./ecp rotate SERVER leaves the others alone', async () => {
    const before = await certificates();
    await ecpOk(cluster, ['rotate', 'app-server-2']);
    const after = await certificates();
    expect(after.map(({ serial }, index) => serial === before[index]!.serial)).toEqual([true, true, false]);
    const wrong = await ecp(cluster, ['rotate', 'app-server-7']);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain(
      "'SERVER' must be one of data-server, app-server-1, app-server-2, got 'app-server-7'",
    );
    await everyWriteWasAcknowledged();
  });

  story.step('./ecp rotate --ca ends with a new authority, which refuses the old one', async () => {
    const old = identityInState(cluster, 'app-server-1');
    expect(await client.isServed({ identity: old })).toBe(true);
    const output = await ecpOk(cluster, ['rotate', '--ca']);
    expect(output.match(/Step \d of 3: .*/g)).toEqual([
      'Step 1 of 3: trust CA 1 and CA 2, certificates from CA 1',
      'Step 2 of 3: trust CA 1 and CA 2, certificates from CA 2',
      'Step 3 of 3: trust CA 2 alone, which all certificates are from',
    ]);
    await usesOnly(2);
    expect(keptNumbers()).toEqual({ signingCa: 2, trustedCas: [2] });
    const young = identityInState(cluster, 'app-server-1');
    expect(young.key).not.toBe(old.key);
    expect(await client.isServed({ identity: young })).toBe(true);
    expect(await client.knock({ identity: old })).toMatchObject({ bytes: 0, closed: true });
    await eventually('the refusal is in the status', 20, async () =>
      (await ecpOk(cluster, ['exec', 'data-server', 'status'])).includes(
        'the certificate is not from the CA of this cluster',
      )
        ? true
        : undefined,
    );
    await planIsEmpty();
    await everyWriteWasAcknowledged();
  });

  story.step('numbers of authorities that would part the servers are refused', async () => {
    const jump = { ...cluster, environment: { ...cluster.environment, ECP_SIGNING_CA: '7', ECP_TRUSTED_CAS: '7' } };
    const up = await ecp(jump, ['up', '--yes']);
    expect(up.code).toBe(2);
    expect(up.stderr).toContain("'signingCa' must be an authority that every server trusts already, got 7");
    expect(up.stderr).toContain('ECP_SIGNING_CA=2 ECP_TRUSTED_CAS=2,7');
    const rotate = await ecp(jump, ['rotate', '--ca']);
    expect(rotate.code).toBe(2);
    expect(rotate.stderr).toContain("'signingCa' and 'trustedCas' are set (7 and 7)");
    await usesOnly(2);
    await everyWriteWasAcknowledged();
  });

  story.step('settings that want more than new files are refused, and nothing is changed', async () => {
    const before = await certificates();
    const port = { ECP_DATA_SERVER_WEB_PORT: String(cluster.dataServerWebPort + 1) };
    const rotate = await ecp({ ...cluster, environment: { ...cluster.environment, ...port } }, ['rotate']);
    expect(rotate.code).toBe(1);
    expect(rotate.stderr).toContain(
      'a rotation touches no server, and the settings want more than that (data-server: web port);',
    );
    expect(await certificates()).toEqual(before);
    await everyWriteWasAcknowledged();
  });

  story.step('a lost file of numbers is made up for by the state', async () => {
    rmSync(caNumbersFile(cluster.stateFile));
    await planIsEmpty();
    await everyWriteWasAcknowledged();
  });
});

describe('./ecp rotate --ca that is interrupted', () => {
  story.step('by SIGKILL inside step 1: the numbers of the step are kept', async () => {
    const command = new Command(['rotate', '--ca'], cluster);
    await command.prints(/Step 1[^]*delivery \(container\) removed/);
    await command.kill({ children: true, whole: cluster.stateFile });
    expect(keptNumbers()).toEqual({ signingCa: 2, trustedCas: [2, 3], unfinished: true });
    await everyWriteWasAcknowledged();
  });

  story.step('by SIGKILL after step 1, in a run that went on with it', async () => {
    const command = new Command(['rotate', '--ca'], cluster);
    await command.prints(/Step 1[^]*✓ Wait until every server/);
    await command.kill({ children: true, whole: cluster.stateFile });
    expect(command.output).toContain('An earlier change of authority was interrupted');
    for (const { authorities } of await certificates()) expect(authorities).toHaveLength(2);
    await everyWriteWasAcknowledged();
  });

  story.step('by SIGINT inside step 2: Terraform ends what it has begun', async () => {
    const command = new Command(['rotate', '--ca'], cluster);
    await command.prints(/Step 2[^]*delivery \(container\) removed/);
    command.interrupt();
    const { code, output } = await command.ended;
    expect(code).not.toBe(0);
    expect(output).toContain('Interrupted: Terraform ends what it has begun');
    expect(keptNumbers()).toEqual({ signingCa: 3, trustedCas: [2, 3], unfinished: true });
    await everyWriteWasAcknowledged();
  });

  story.step('then ./ecp up ends the trust of the step, and leaves its new keys to the next run', async () => {
    const output = await ecpOk(cluster, ['up', '--yes']);
    expect(output).toContain('Servers may still have the keys of before ./ecp rotate --ca');
    expect(keptNumbers()).toEqual({ signingCa: 3, trustedCas: [2, 3], unfinished: true });
    keysOfStep2 = keys();
    for (const { issuer } of await certificates()) expect(issuer).toBe(`CN=${cluster.name} ECP CA 3`);
    await planIsEmpty();
    await everyWriteWasAcknowledged();
  });

  story.step('by SIGKILL of the command alone inside step 3, and run again at once: it ends', async () => {
    const command = new Command(['rotate', '--ca'], cluster);
    await command.prints(/Step 3[^]*delivery \(container\) removed/, 240);
    await command.kill({ children: false });
    expect(command.output).toContain('Step 2 of 3: trust CA 2 and CA 3, certificates from CA 3');
    expect(keptNumbers()).toEqual({ signingCa: 3, trustedCas: [3], unfinished: true });
    const output = await ecpOk(cluster, ['rotate', '--ca']);
    expect(output).toContain('CA 3 signs and is trusted alone');
    for (const key of keys()) expect(keysOfStep2).not.toContain(key);
    expect(keptNumbers()).toEqual({ signingCa: 3, trustedCas: [3] });
    await usesOnly(3);
    await planIsEmpty();
    await everyWriteWasAcknowledged();
  });
});

describe('renewal by time', () => {
  story.step('status warns of a certificate in its last days, and the next ./ecp up renews it', async () => {
    const leaf = await agedLeaf('app-server-1', -60, 1);
    const state = { cert_pem: leaf, validity_start_time: inHours(-60), validity_end_time: inHours(1) };
    changeCertificateInState(cluster, 'app-server-1', state);
    // Without early renewal the certificate is delivered as it is.
    const late = { ...cluster, environment: { ...cluster.environment, ECP_LEAF_RENEWAL_HOURS: '0' } };
    await ecpOk(late, ['up', '--yes']);
    const [, aged] = await certificates();
    const status = await ecp(cluster, ['status']);
    expect(status.code).toBe(0);
    expect(status.stdout).toMatch(
      /app-server-1: its certificate ends in less than 2 hours; .*\.\/ecp rotate app-server-1 at once/,
    );
    expect(status.stdout).not.toMatch(/app-server-2: its certificate ends/);

    await ecpOk(cluster, ['up', '--yes']);
    const [, renewed] = await certificates();
    expect(renewed!.serial).not.toBe(aged!.serial);
    expect((await ecp(cluster, ['status'])).stdout).not.toContain('its certificate ends');
    await everyWriteWasAcknowledged();
  });

  story.step('an authority near its end is renewed with the same key', async () => {
    const { cert, key } = identityInState(cluster, 'ca-3');
    changeCertificateInState(cluster, 'ca-3', { validity_end_time: inHours(1000) });
    await ecpOk(cluster, ['up', '--yes']);
    const renewed = identityInState(cluster, 'ca-3');
    expect(renewed.key).toBe(key);
    expect(renewed.cert).not.toBe(cert);
    await usesOnly(3);
    await everyWriteWasAcknowledged();
  });
});

describe('in the end', () => {
  story.step('no server was replaced or restarted, and no write failed or was lost', async () => {
    expect(await lives()).toBe(untouched);
    await Promise.all(oracles.map(oracle => oracle.stop()));
    expect(oracles.flatMap(({ failures }) => failures)).toEqual([]);
    const listing = await ecpOk(cluster, ['exec', 'data-server', 'zwrite', '^demo.oracle']);
    for (const oracle of oracles) {
      const { acknowledged, lost, wrong } = oracle.check(listing);
      expect(acknowledged).toBeGreaterThan(200);
      expect({ lost, wrong }).toEqual({ lost: [], wrong: [] });
    }
  });

  story.stepOnDemand('a lost state makes all anew, with the data, under the number that was kept', async () => {
    rmSync(cluster.stateFile);
    const refused = await ecp(cluster, ['up', '--yes']);
    expect(refused.stderr).toContain(`docker network disconnect ${cluster.name} ${client.container}`);
    expect(await lives()).toBe(untouched);
    await dockerOk('rm', '--force', client.container);
    const output = await ecpOk(cluster, ['up', '--yes']);
    expect(output).toContain('which the state does not know');
    client = await HostileClient.start(cluster, cluster.name, `ecp.test=${cluster.name}`);
    await usesOnly(3);
    await planIsEmpty();
    expect(await ecpOk(cluster, ['exec', 'app-server-1', 'get', oracles[0]!.writers[0]!.record(1)[0]])).toContain('1');
  });
});

/** Container and start of every server. */
async function lives(): Promise<string> {
  return dockerOk(
    'inspect',
    '--format',
    '{{.Name}} {{.Id}} {{.State.StartedAt}} {{.RestartCount}}',
    ...SERVERS.map(name => `${cluster.name}-${name}`),
  );
}

/** What each server has in use, in the order of SERVERS. */
async function certificates(): Promise<Required<CertificateStatus>[]> {
  return Promise.all(
    SERVERS.map(async name => {
      const status = await dockerOk('exec', `${cluster.name}-${name}`, 'ecp-node', 'status');
      return (JSON.parse(status) as { certificate: Required<CertificateStatus> }).certificate;
    }),
  );
}

/** Every server shows a certificate from this authority, trusts it alone, and the data server serves it. */
async function usesOnly(number: number): Promise<void> {
  const subject = `CN=${cluster.name} ECP CA ${number}`;
  const found = await certificates();
  for (const { issuer, authorities } of found)
    expect({ issuer, authorities }).toEqual({ issuer: subject, authorities: [expect.objectContaining({ subject })] });
  expect(await servedSerial()).toBe(found[0]!.serial);
  expect((await ecp(cluster, ['status'])).code).toBe(0);
}

/** Serial number that the data server shows in a handshake with a stranger. */
async function servedSerial(): Promise<string> {
  const script =
    'openssl s_client -connect data-server:1972 -alpn ecp </dev/null 2>/dev/null | openssl x509 -noout -serial';
  const [, serial = ''] = /serial=(\w+)/.exec((await client.run(script)).stdout) ?? [];
  expect(serial).not.toBe('');
  return serial;
}

/** Both kinds of writers have had an acknowledgement since now, and none has ever failed. */
async function everyWriteWasAcknowledged(): Promise<void> {
  const moment = Date.now();
  await eventually('every writer writes on', 60, () =>
    Promise.resolve(oracles.every(oracle => oracle.writesSince(moment)) ? true : undefined),
  );
  expect(oracles.flatMap(({ failures }) => failures)).toEqual([]);
  expect(await lives()).toBe(untouched);
}

async function planIsEmpty(): Promise<void> {
  await synthesize();
  const { code, stdout, stderr } = await terraform(cluster, [
    'plan',
    '-input=false',
    '-no-color',
    '-detailed-exitcode',
  ]);
  expect({ code, says: code === 0 ? '' : stdout + stderr }).toEqual({ code: 0, says: '' });
}

/** Writes the stack as plain cdktf would. */
async function synthesize(): Promise<void> {
  const result = await run('node', ['--require', 'tsx/cjs', 'main.ts'], {
    cwd: `${__dirname}/../..`,
    env: cluster.environment,
  });
  expect(result.stderr).toBe('');
}

/** Private keys of the servers, as the state has them. */
function keys(): string[] {
  return SERVERS.map(name => identityInState(cluster, name).key);
}

function keptNumbers(): unknown {
  const file = caNumbersFile(cluster.stateFile);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

/** A certificate for a server's own key, from the authority that signs, with a life of its own. */
async function agedLeaf(server: string, fromHours: number, untilHours: number): Promise<string> {
  const { key } = identityInState(cluster, server);
  const authority = identityInState(cluster, 'ca-3');
  const script = `set -e; cd "$(mktemp -d /tmp/aged.XXXXXX)"; umask 077; cat >all; : >index
sed '/^===/,$d' all >ca.pem; sed '1,/^===/d' all >key.pem
printf '%s\\n' '[ca]' default_ca=x '[x]' database=index new_certs_dir=. rand_serial=yes default_md=sha256 policy=any '[any]' \\
  commonName=supplied '[req]' distinguished_name=none '[none]' '[leaf]' "subjectAltName=DNS:$1" extendedKeyUsage=clientAuth \\
  keyUsage=digitalSignature authorityKeyIdentifier=keyid >conf
openssl req -config conf -new -key key.pem -subj "/CN=$1" -out csr
openssl ca -batch -notext -preserveDN -config conf -cert ca.pem -keyfile ca.pem -in csr -startdate "$2" -enddate "$3" -extensions leaf -out cert 2>log || { cat log >&2; exit 1; }
cat cert; rm -rf "$PWD"`;
  const date = (hours: number): string => inHours(hours).replace(/[-:T]|\..*/g, '') + 'Z';
  const input = `${authority.cert}${authority.key}===\n${key}`;
  return (await client.run(script, [server, date(fromHours), date(untilHours)], input)).stdout;
}

function inHours(hours: number): string {
  return new Date(Date.now() + hours * 3_600_000).toISOString();
}
