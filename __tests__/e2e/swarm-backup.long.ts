// ecp-test: on demand
// ecp-test: needs openssh-client
/**
 * Backups on a swarm, with `./ecp` as the operator has it: its data node is lost for good, and the data comes back on another one. What happens
 * when backups are added and taken out again, and to a restore that is killed, comes with `--repeat 1`.
 */
import { rmSync } from 'node:fs';
import { secretFile } from './backup/context';
import { faultsOf, markedBackup, type Mark } from './backup/mark';
import { RepositoryServer } from './backup/repository-server';
import { startSftpServer } from './backup/sftp-server';
import { Command } from './support/command';
import { MachineWriters } from './support/machine-writers';
import { Machines } from './support/machines';
import { Steps } from './support/steps';
import { dockerOk, ecp, ecpOk, eventually, testCluster, type TestCluster } from './support/test-cluster';

jest.setTimeout(300_000);

const CLUSTER = 'ecp-swarm-backup';
const CENTRE = `${CLUSTER}-dc`;
const APP_SERVERS = ['app-server-1', 'app-server-2'];
const SERVERS = ['data-server', ...APP_SERVERS];
const NOTHING = '0 added, 0 changed, 0 destroyed';

const steps = new Steps();
const { step, stepOnDemand } = steps;
const sftp = new RepositoryServer(`${CENTRE}-sftp`, `${CENTRE}-machines`);
let machines: Machines;
let writers: MachineWriters;
let bare: TestCluster;
let cluster: TestCluster;
let mark: Mark;

beforeAll(async () => {
  machines = await Machines.start(CENTRE, 3, 1, CLUSTER);
  writers = new MachineWriters(machines, APP_SERVERS);
  await onManager('node', 'update', '--label-add', `ecp.data-server=${CLUSTER}`, 'machine-2');
  // A node that falls silent is noticed in seconds.
  await onManager('swarm', 'update', '--dispatcher-heartbeat', '2s');
  const { right } = await startSftpServer(sftp, { byAddress: true });
  bare = testCluster(CLUSTER, 78, {
    ...nodes('machine-1', 'machine-2', 'machine-3'),
    ECP_NODE_CERT_PATH: machines.centre.certificateFolder,
    ECP_REGISTRY: machines.centre.registry,
    ECP_DATA_SERVER_WEB_PORT: '',
    ECP_APP_SERVER_WEB_PORT_BASE: '',
    CI: 'true',
  });
  cluster = withSettings({
    ...right,
    ECP_BACKUP_PASSWORD_FILE: secretFile('password', 'a password for tests\n'),
    // A minute that never comes.
    ECP_BACKUP_SCHEDULE: '0 0 31 2 *',
  });
});

afterAll(async () => {
  if (steps.failed) await machines.printLogs();
  await sftp.remove();
  await machines.remove();
  rmSync(bare.folder, { recursive: true, force: true });
});

const machine = (name: string): Machines['machines'][number] => machines.machines.find(each => each.name === name)!;

const onManager = (...args: string[]): Promise<string> => machines.docker(machine('machine-1'), ...args);

function nodes(...names: string[]): Record<string, string> {
  return { ECP_NODES: JSON.stringify(Object.fromEntries(names.map(name => [name, machine(name).host]))) };
}

function withSettings(settings: Readonly<Record<string, string>>): TestCluster {
  return { ...bare, environment: { ...(cluster ?? bare).environment, ...settings } };
}

const tell = (what: string, since: number): void =>
  void process.stderr.write(`  │ ${what} ${((Date.now() - since) / 1000).toFixed(1)} s\n`);

async function takeBackup(): Promise<string> {
  const output = await ecpOk(cluster, ['backup']);
  return /\d{8}T\d{6}Z/.exec(output)?.[0] ?? '';
}

async function timed(what: string, work: () => Promise<unknown>): Promise<void> {
  const start = Date.now();
  await work();
  tell(what, start);
}

describe('a cluster on a swarm that is backed up', () => {
  step('comes up', () => timed('up', () => ecpOk(cluster, ['up', '--yes'])));

  step('is backed up on the node of its data under writers, of whom none fails', async () => {
    const oracle = writers.oracle(server => machines.find(server)).start(APP_SERVERS);
    try {
      await eventually('the first writes', 30, async () => (oracle.writesSince(0) ? true : undefined));
      const start = Date.now();
      mark = await markedBackup(oracle, takeBackup);
      tell('a backup under writers', start);
      await eventually('writes after it', 30, async () => (oracle.writesSince(Date.now() - 500) ? true : undefined));
    } finally {
      await oracle.stop();
    }
    expect(oracle.failures).toEqual([]);
    expect(mark.mustBe.size).toBeGreaterThan(0);
    const where = ['service', 'ps', '--format', '{{.Node}}', '--filter', 'desired-state=running'];
    expect(await onManager(...where, `${CLUSTER}-backup`)).toBe('machine-2');
    expect(await ecpOk(cluster, ['backups'])).toContain(mark.id);
    expect(await ecp(cluster, ['restore', '--into', 'drill', '--yes'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("'--into' must be left out on a swarm") as string,
    });
  });

  step('comes back with all that was acknowledged before the backup when its data node is lost for good', async () => {
    await dockerOk('rm', '--force', '--volumes', machine('machine-2').container);
    const lost = Date.now();
    await onManager('node', 'update', '--label-rm', 'ecp.data-server', 'machine-2');
    await onManager('node', 'update', '--label-add', `ecp.data-server=${CLUSTER}`, 'machine-3');
    await timed('up', async () => expect(await ecp(cluster, ['up', '--yes'])).toMatchObject({ code: 4 }));
    await timed('restore', () => ecpOk(cluster, ['restore', '--yes']));
    await machines.allNormal(60, SERVERS);
    tell('all Normal again after the loss', lost);
    const listing = await machines.node('data-server', ['zwrite', '^demo.oracle']);
    expect(faultsOf(mark, listing)).toEqual({ lost: [], early: [] });
  });

  step('is a cluster of two nodes from then on, with nothing to change and backups as before', async () => {
    await onManager('node', 'rm', '--force', 'machine-2');
    cluster = withSettings(nodes('machine-1', 'machine-3'));
    expect(await ecpOk(cluster, ['up', '--yes'])).toContain(NOTHING);
    await writers.during(takeBackup, 30);
    expect((await ecp(cluster, ['status'])).code).toBe(0);
  });

  stepOnDemand('goes on with a restore that was killed while nothing of the data server ran', async () => {
    const restore = new Command(['restore', '--yes'], cluster);
    await restore.prints(/Restore \d{8}T/);
    await restore.kill({ children: true });
    await ecpOk(cluster, ['restore', '--yes']);
    expect(await ecpOk(cluster, ['up', '--yes'])).toContain(NOTHING);
  });

  stepOnDemand('loses no write when backups are taken out and come back', async () => {
    await writers.during(() => ecpOk(bareOfTwo(), ['up', '--yes', '--allow-destroy']), 60);
    expect((await ecp(bareOfTwo(), ['status'])).code).toBe(0);
    await writers.during(() => ecpOk(cluster, ['up', '--yes']), 60);
    await takeBackup();
    expect(await ecpOk(cluster, ['up', '--yes'])).toContain(NOTHING);
  });

  stepOnDemand('is verified by the command, and on schedule by a service beside it', async () => {
    expect(await ecpOk(cluster, ['backup', '--verify'])).toContain(' was restored: ');
    cluster = withSettings({ ECP_BACKUP_VERIFY: '* * * * *' });
    await ecpOk(cluster, ['up', '--yes']);
    const id = await takeBackup();
    const lineOf = async (): Promise<string> =>
      (await ecpOk(cluster, ['backups'])).split('\n').find(line => line.startsWith(id)) ?? '';
    await eventually('the newest backup verified', 200, async () =>
      / this moment +20|since \S+ +20/.test(await lineOf()) ? true : undefined,
    );
    expect(await ecpOk(cluster, ['up', '--yes'])).toContain(NOTHING);
  });
});

/** Without backups. */
function bareOfTwo(): TestCluster {
  return { ...bare, environment: { ...bare.environment, ...nodes('machine-1', 'machine-3') } };
}
