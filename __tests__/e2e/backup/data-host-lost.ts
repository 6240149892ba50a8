import { rmSync } from 'node:fs';
import { nodesOf } from '../../../app/data-centre';
import { Machines } from '../support/machines';
import { BASE_IMAGE } from '../support/packed-project';
import type { Steps } from '../support/steps';
import { dockerOk, ecp, ecpOk, must, terraform, testCluster, type TestCluster } from '../support/test-cluster';
import { secretFile } from './context';
import { RepositoryServer } from './repository-server';
import { startSftpServer } from './sftp-server';

const LAB = 'ecp-host-lost-lab';

/** Three hosts with an overlay, the data server's is lost for good, and the data comes back onto another one from a backup. */
export function dataHostLost(steps: Steps): void {
  const bare = testCluster('ecp-host-lost', 62);
  const sftp = new RepositoryServer(`${LAB}-sftp`, `${LAB}-machines`);
  let machines: Machines;
  let cluster: TestCluster;
  const on = (dataServer: string, nodes: Readonly<Record<string, string>>): TestCluster => {
    const hosts = { 'data-server': dataServer, 'app-server-1': 'machine-2', 'app-server-2': 'machine-3' };
    const settings = { ECP_NODES: JSON.stringify(nodes), ECP_HOSTS: JSON.stringify(hosts) };
    return { ...bare, environment: { ...cluster.environment, ...settings } };
  };

  beforeAll(async () => {
    machines = await Machines.start(LAB, 3, 3);
    const { registry, certificateFolder } = machines.centre;
    await dockerOk('tag', BASE_IMAGE, `${registry}/base:test`);
    await dockerOk('push', '--quiet', `${registry}/base:test`);
    const { right } = await startSftpServer(sftp, { byAddress: true });
    cluster = {
      ...bare,
      environment: {
        ...bare.environment,
        ...right,
        ECP_REHEARSAL_BASE_IMAGE: `${registry}/base:test`,
        ECP_NODE_CERT_PATH: certificateFolder,
        ECP_REGISTRY: registry,
        ECP_BACKUP_PASSWORD_FILE: secretFile('password', 'a password for tests\n'),
        ECP_BACKUP_SCHEDULE: '0 0 31 2 *',
        CI: 'true',
      },
    };
    cluster = on('machine-1', nodesOf(machines.centre));
    await ecpOk(cluster, ['up']);
  });

  afterAll(async () => {
    if (steps.failed) await machines.printLogs();
    await sftp.remove();
    await machines.remove();
    rmSync(bare.folder, { recursive: true, force: true });
  });

  steps.step('the host of the data server is lost for good: its data comes back on another host', async () => {
    await ecpOk(cluster, ['exec', 'app-server-1', 'set', '^demo.lost'], 'kept');
    await ecpOk(cluster, ['exec', 'app-server-1', 'sync']);
    await ecpOk(cluster, ['backup']);
    await dockerOk('rm', '--force', '--volumes', machines.machines[0]!.container);
    const began = Date.now();
    const nodes = nodesOf(machines.centre);
    cluster = on('machine-2', nodes);
    // The lost one is still among the nodes.
    expect((await ecp(cluster, ['up', '--yes'])).code).toBe(4);
    await ecpOk(cluster, ['restore', '--yes']);
    process.stderr.write(`  │ restored on another host ${((Date.now() - began) / 1000).toFixed(0)} s after the loss\n`);
    expect(await ecpOk(cluster, ['exec', 'app-server-2', 'get', '^demo.lost'])).toBe('kept\n');

    const state = must(await terraform(cluster, ['state', 'list']), 'state list').split('\n');
    const left = state.filter(address => address.includes('on-machine-1'));
    must(await terraform(cluster, ['state', 'rm', ...left]), 'state rm');
    cluster = on('machine-2', { 'machine-2': nodes['machine-2']!, 'machine-3': nodes['machine-3']! });
    expect(await ecpOk(cluster, ['up', '--yes'])).toMatch(/nothing to change|0 added, 0 changed, 0 destroyed/i);
  });
}
