// ecp-test: on demand
// ecp-test: needs openssh-client
/**
 * The command over three Docker hosts of which some do not answer, and over ssh. Each host is an engine of its own. The loss of the data server's host
 * takes minutes, and comes with `--repeat 1`.
 */
import { join } from 'node:path';
import { nodesOf } from '../../app/data-centre';
import type { ProcessResult } from '../../cli/process';
import { dataHostLost } from './backup/data-host-lost';
import { Machines } from './support/machines';
import { IS_ON_DEMAND } from './support/repetitions';
import { sshTo } from './support/ssh';
import { Steps } from './support/steps';
import { dockerOk, ecp, eventually, must, testCluster, type TestCluster } from './support/test-cluster';

jest.setTimeout(120_000);

const SERVERS = ['data-server', 'app-server-1', 'app-server-2'];
const HOSTS = Object.fromEntries(SERVERS.map((server, index) => [server, `machine-${index + 1}`]));
const steps = new Steps();
const { step } = steps;
const bare = testCluster('ecp-hosts-down', 45, { ECP_HOSTS: JSON.stringify(HOSTS), CI: 'true' });
let machines: Machines;
let cluster: TestCluster;

beforeAll(async () => {
  machines = await Machines.start('ecp-hosts-down-lab', 3);
  cluster = over(nodesOf(machines.centre), {});
});
afterAll(async () => {
  if (steps.failed) await machines.printLogs();
  await machines.remove();
});

function over(nodes: Readonly<Record<string, string>>, more: Readonly<Record<string, string>>): TestCluster {
  const { registry, certificateFolder } = machines.centre;
  const settings = {
    ECP_NODES: JSON.stringify(nodes),
    ECP_NODE_CERT_PATH: certificateFolder,
    ECP_REGISTRY: registry,
    ...more,
  };
  return { ...bare, environment: { ...bare.environment, ...settings } };
}

/** Runs `./ecp`, which must end within a time with a code. @returns all that it printed */
async function ends(code: number, withinSec: number, ...args: string[]): Promise<string> {
  const start = Date.now();
  const result = await ecp(cluster, args);
  const seconds = (Date.now() - start) / 1000;
  const said = `${result.stdout}${result.stderr}`;
  process.stderr.write(`  │ ./ecp ${args.join(' ')} │ ${seconds.toFixed(1)} s, code ${result.code} │\n`);
  if (result.code !== code) throw new Error(`./ecp ${args.join(' ')} ended with code ${result.code}\n${said}`);
  expect(seconds).toBeLessThan(withinSec);
  return said;
}

interface Seen {
  readonly container: string;
  readonly serial: string;
}

async function servers(): Promise<Readonly<Record<string, Seen>>> {
  const { stdout } = await ecp(cluster, ['status', '--json']);
  const { servers } = JSON.parse(stdout) as {
    servers: readonly { name: string; container: string; status?: { certificate: { serial: string } } }[];
  };
  return Object.fromEntries(
    servers.map(({ name, container, status }) => [name, { container, serial: status?.certificate.serial ?? '' }]),
  );
}

const kill = (machine: number): Promise<string> => dockerOk('kill', machines.machines[machine - 1]!.container);
const start = (machine: number): Promise<string> => dockerOk('start', machines.machines[machine - 1]!.container);

async function whileHanging(machine: number, work: () => Promise<void>): Promise<void> {
  const { container } = machines.machines[machine - 1]!;
  await dockerOk('pause', container);
  try {
    await work();
  } finally {
    await dockerOk('unpause', container);
  }
}

describe('a cluster on three hosts', () => {
  step('comes up', async () => {
    await ends(0, 90, 'up');
    expect(Object.keys(await servers())).toEqual(SERVERS);
  });

  step('is told of a host that hangs in the middle of a deploy', async () => {
    cluster = over(nodesOf(machines.centre), { ECP_LABELS: '{"tried":"yes"}' });
    const [first] = machines.machines;
    const dataServer = ['ps', '--quiet', '--filter', `name=^/${cluster.name}-data-server$`];
    const old = await machines.docker(first!, ...dataServer);
    const deploy = ends(1, 60, 'up');
    await eventually('a new data server', 40, async () => {
      const now = await machines.docker(first!, ...dataServer);
      return now !== '' && now !== old ? true : undefined;
    });
    await whileHanging(2, async () => {
      expect(await deploy).toMatch(/the node machine-2 stopped answering .*so the deploy was interrupted/);
    });
  });

  step('is shown without a host that was killed and one that hangs', async () => {
    await kill(3);
    await whileHanging(2, async () => {
      const status = await ends(4, 20, 'status');
      expect(status).toMatch(/the node machine-2 is silent \(it said nothing for 10 s\)/);
      // The kernel looks for a host that is gone for some seconds.
      expect(status).toMatch(
        /the node machine-3 is silent \((no route to host at [\d.]+:2376|it said nothing for 10 s)\)/,
      );
      expect(status).toMatch(/✗ app-server-2: nothing is known of it, since its node does not answer/);
    });
  });

  step('is deployed on the others, and refuses to be removed', async () => {
    expect(await ends(4, 60, 'up')).toMatch(
      /machine-3 does not answer .*\.\/ecp up brings app-server-2 to the settings/,
    );
    expect(await ends(1, 25, 'down')).toMatch(/things of the cluster are there: nothing was removed/);
  });

  step('rotates the others, and keeps the authority that the one away knows', async () => {
    const before = await servers();
    const said = await ends(4, 40, 'rotate');
    expect(said).toContain('2 servers have a new key and certificate.');
    expect(said).toMatch(/machine-3 does not answer .*: app-server-2 left as before/);
    expect(await ends(4, 25, 'rotate', '--ca')).toMatch(/would cut app-server-2 off: the whole change is postponed/);
    const after = await servers();
    for (const server of ['data-server', 'app-server-1']) {
      expect(after[server]!.container).toBe(before[server]!.container);
      expect(after[server]!.serial).not.toBe(before[server]!.serial);
    }
  });

  step('is whole when the host is back', async () => {
    await start(3);
    await ends(0, 90, 'up');
  });

  step('is left alone while the host of its data server hangs', async () => {
    const running = await servers();
    expect(Object.keys(running)).toEqual(SERVERS);
    await whileHanging(1, async () => {
      expect(await ends(1, 25, 'up')).toMatch(
        /machine-1 does not answer .*the data server is there: nothing was changed/,
      );
    });
    expect(await servers()).toEqual(running);
    // The swarm had given the host up, and with it the names on the overlay.
    await eventually('all servers are Normal again', 60, async () =>
      (await ecp(cluster, ['status'])).code === 0 ? true : undefined,
    );
  });
});

describe('the same cluster over ssh', () => {
  step('is reached without a question, and has nothing to change', async () => {
    await ends(0, 20, 'status');
    for (const isShared of [false, true]) {
      const { nodes, path } = sshTo(machines, join(bare.folder, `ssh-${isShared}`), { isShared });
      cluster = over(nodes, { PATH: path, ECP_LABELS: '{"tried":"yes"}' });
      await ends(0, 30, 'status');
    }
    await ends(0, 30, 'status');
    expect(await ends(0, 60, 'up')).toContain('0 added, 0 changed, 0 destroyed');
    expect(await ends(0, 30, 'verify')).toContain('All 3 servers agree.');
    const exec = (args: string[], input?: string): Promise<ProcessResult> => ecp(cluster, ['exec', ...args], input);
    must(await exec(['app-server-2', 'set', '^demo.ssh'], 'here'), 'set');
    must(await exec(['app-server-2', 'sync']), 'sync');
    expect(must(await exec(['data-server', 'get', '^demo.ssh']), 'get')).toBe('here\n');
    await ends(0, 60, 'rotate');
  });

  step('says which host key is not known, and which host is not there', async () => {
    const { nodes, path } = sshTo(machines, join(bare.folder, 'ssh-unknown'), { knownHosts: '/dev/null' });
    const known = cluster;
    cluster = over({ ...nodes, 'machine-3': 'ssh://ops@127.0.0.1:1' }, { PATH: path });
    const said = await ends(1, 20, 'status');
    expect(said).toMatch(/the ssh host key of [\d.]+ is not known here; connect once with ssh ops@[\d.]+, and compare/);
    expect(said).toMatch(/machine-3 .*connect to host 127\.0\.0\.1 port 1: Connection refused/);
    cluster = known;
  });

  step('goes when it is told to', async () => {
    await ends(0, 90, 'down', '--yes');
    for (const machine of machines.machines) expect(await machines.docker(machine, 'ps', '--all', '--quiet')).toBe('');
  });
});

if (IS_ON_DEMAND) describe('a cluster that is backed up', () => dataHostLost(steps));
