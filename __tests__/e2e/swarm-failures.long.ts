// ecp-test: on demand
/**
 * What happens to a cluster on a swarm when something fails, with `./ecp` as the operator has it: a swarm that only the settings name. The loss of
 * a leader takes two minutes, and comes with `--repeat 1`.
 */
import { rmSync } from 'node:fs';
import { run } from '../../cli/process';
import { Command } from './support/command';
import { MachineWriters } from './support/machine-writers';
import { Machines } from './support/machines';
import { BASE_IMAGE } from './support/packed-project';
import { Steps } from './support/steps';
import {
  dockerOk,
  ecp,
  ecpOk,
  eventually,
  must,
  terraform,
  testCluster,
  type TestCluster,
} from './support/test-cluster';

jest.setTimeout(300_000);

const CLUSTER = 'ecp-swarm-fail';
const CENTRE = `${CLUSTER}-dc`;
const APP_SERVERS = ['app-server-1', 'app-server-2'];
const SERVERS = ['data-server', ...APP_SERVERS];
const BROKEN_BASE = 'ecp-test-base:broken-app-server';

const steps = new Steps();
const { step, stepOnDemand } = steps;
let machines: Machines;
let cluster: TestCluster;
let writers: MachineWriters;

beforeAll(async () => {
  machines = await Machines.start(CENTRE, 3, 1, CLUSTER);
  await onManager('node', 'update', '--label-add', `ecp.data-server=${CLUSTER}`, 'machine-2');
  // Nodes that fall silent are noticed in seconds: the suite is about what happens then.
  await onManager('swarm', 'update', '--dispatcher-heartbeat', '2s');
  writers = new MachineWriters(machines, APP_SERVERS);
  cluster = testCluster(CLUSTER, 42, {
    ...nodesFrom('machine-1'),
    ECP_NODE_CERT_PATH: machines.centre.certificateFolder,
    ECP_REGISTRY: machines.centre.registry,
    ECP_DATA_SERVER_WEB_PORT: '',
    ECP_APP_SERVER_WEB_PORT_BASE: '',
  });
  await ecpOk(cluster, ['up', '--yes']);
});

afterAll(async () => {
  if (steps.failed) {
    console.error((await ecp(cluster, ['status'])).stdout);
    await machines.printLogs();
  }
  await machines.remove();
  rmSync(cluster.folder, { recursive: true, force: true });
});

/** All nodes, with the one that is asked first. */
function nodesFrom(first: string): Record<string, string> {
  const sorted = [...machines.machines].sort((a, b) => Number(b.name === first) - Number(a.name === first));
  return { ECP_NODES: JSON.stringify(Object.fromEntries(sorted.map(({ name, host }) => [name, host]))) };
}

const machine = (name: string): Machines['machines'][number] => machines.machines.find(each => each.name === name)!;

const onManager = (...args: string[]): Promise<string> => machines.docker(machine('machine-1'), ...args);

const withSettings = (settings: Readonly<Record<string, string>>): TestCluster => ({
  ...cluster,
  environment: { ...cluster.environment, ...settings },
});

const allNormal = (timeoutSec: number, servers: readonly string[] = SERVERS): Promise<unknown> =>
  machines.allNormal(timeoutSec, servers);

function allReady(): Promise<unknown> {
  return eventually('every node ready', 60, async () =>
    (await onManager('node', 'ls', '--format', '{{.Status}}')).split('\n').every(status => status === 'Ready')
      ? true
      : undefined,
  );
}

async function tasks(): Promise<string[]> {
  return Promise.all(SERVERS.map(async server => (await machines.find(server))?.container ?? 'none'));
}

async function planIsEmpty(): Promise<void> {
  const plan = await terraform(cluster, ['plan', '-detailed-exitcode', '-no-color', '-input=false']);
  expect({ code: plan.code, says: plan.stdout.slice(-1500), errors: plan.stderr }).toMatchObject({ code: 0 });
}

async function serviceOf(pattern: RegExp): Promise<string> {
  const names = (await onManager('service', 'ls', '--format', '{{.Name}}')).split('\n');
  return names.find(name => pattern.test(name)) ?? '';
}

/** Kills a server's task as a crash would; the swarm starts another. */
async function killTask(server: string): Promise<string> {
  const place = (await machines.find(server))!;
  await machines.docker(place.machine, 'kill', place.container);
  return place.container;
}

const tell = (what: string, value: unknown): void => console.info(`measured: ${what}: ${JSON.stringify(value)}`);

async function seconds(what: () => Promise<unknown>): Promise<number> {
  const start = Date.now();
  await what();
  return (Date.now() - start) / 1000;
}

describe('a cluster on a swarm, when something fails', () => {
  step('is finished by the next ./ecp up after one that was killed between services', async () => {
    await writers.during(async () => {
      // What a killed Terraform may have made without writing it down: everything.
      const state = must(await terraform(cluster, ['state', 'list']), 'state list').split('\n');
      const lost = state.filter(address => /^docker_(service|secret|network)\./.test(address));
      expect(lost).toHaveLength(9);
      must(await terraform(cluster, ['state', 'rm', ...lost]), 'state rm');
      const cut = new Command(['up', '--yes'], cluster);
      await cut.prints(/service\) made/);
      await cut.kill({ children: true, whole: cluster.stateFile });
      tell('up after a killed apply, s', await seconds(() => ecpOk(cluster, ['up', '--yes'])));
      await allNormal(60);
    }, 60);
    await planIsEmpty();
  });

  step('goes on when the engine of the manager or of a worker restarts, with nothing to plan', async () => {
    for (const name of ['machine-1', 'machine-3']) {
      const took = await seconds(async () => {
        await dockerOk('restart', '--time', '30', machine(name).container);
        await eventually('the manager', 60, () => onManager('node', 'ls').catch(() => undefined));
        await allReady();
        await allNormal(90);
      });
      tell(`engine of ${name} restarted, all Normal after s`, took);
    }
    await planIsEmpty();
  });

  step('goes on without its registry, and ./ecp up touches nothing', async () => {
    const registry = `${CENTRE}-registry`;
    const before = await tasks();
    await dockerOk('stop', registry);
    try {
      const plan = await terraform(cluster, ['plan', '-no-color', '-input=false']);
      tell(
        'plan without registry',
        plan.stdout.split('\n').filter(line => /^ *# |^Plan|No changes/.test(line)),
      );
      expect(plan.stdout).not.toMatch(/# docker_service/);
      const refused = await ecp(cluster, ['up', '--yes']);
      tell('up without registry', refused);
      expect(refused.code).toBe(1);
      expect(refused.stderr.trim()).toMatch(/^error: 'registry' must answer, .*ECP_REGISTRY$/);
      expect(await tasks()).toEqual(before);
      const old = await killTask('app-server-2');
      const took = await seconds(async () => {
        await eventually('another task', 60, async () => {
          const place = await machines.find('app-server-2');
          return place && place.container !== old ? true : undefined;
        });
        await allNormal(60);
      });
      tell('killed task without registry, Normal after s', took);
    } finally {
      await dockerOk('start', registry);
    }
    await planIsEmpty();
  });

  step('waits for files that nobody delivers, and has them after the next ./ecp up', async () => {
    const { gaps } = await writers.during(async () => {
      await onManager('service', 'rm', await serviceOf(/app-servers-/));
      const status = await ecp(cluster, ['status']);
      tell('status without delivery', status);
      expect(status.code).toBe(1);
      expect(status.stdout).toMatch(/! app-server-1: .*files.*; \.\/ecp up --yes heals it/);
      await eventually('no delivery', 30, async () => ((await deliveriesRunning()) === 1 ? true : undefined));
      await killTask('app-server-1');
      await eventually('app-server-1 waits', 60, async () =>
        /^Failed|^In Progress/.test(await machines.stateOf('app-server-1')) ? true : undefined,
      );
      tell('status of a server without files', (await ecp(cluster, ['status'])).stdout);
      tell('up without delivery', await ecpOk(cluster, ['up', '--yes']));
      await allNormal(60);
    }, 60);
    tell('delivery gone, pauses in ms', gaps);
    await planIsEmpty();
  });

  step('goes back to the image that ran when a new one ends at once, and ./ecp up says so', async () => {
    await brokenBase();
    const broken = withSettings({ ECP_REHEARSAL_BASE_IMAGE: BROKEN_BASE });
    await writers.during(async () => {
      const start = Date.now();
      const result = await ecp(broken, ['up', '--yes']);
      tell('up with a broken image', { seconds: (Date.now() - start) / 1000, ...result });
      expect(result.code).toBe(1);
      expect(result.stderr).toMatch(/app-server-1.*rolled back.*docker service ps/);
      await allNormal(90);
    }, 60);
    const again = await ecp(cluster, ['up', '--yes']);
    tell('up with the image of before', again);
    expect(again.code).toBe(0);
    await allNormal(60);
    await planIsEmpty();
  });

  stepOnDemand('goes on through another manager when the leader of three is killed', async () => {
    for (const name of ['machine-2', 'machine-3']) {
      await onManager('node', 'promote', name);
      await eventually(`${name} a manager`, 60, async () =>
        (await onManager('node', 'ls', '--format', '{{.Hostname}} {{.ManagerStatus}}')).includes(`${name} Reachable`)
          ? true
          : undefined,
      );
    }
    const places = await Promise.all(APP_SERVERS.map(server => machines.find(server)));
    const elsewhere = APP_SERVERS.filter((_, index) => places[index]?.machine.name !== 'machine-1');
    const other = withSettings(nodesFrom('machine-2'));
    const { gaps } = await writers.during(async () => {
      await dockerOk('kill', machine('machine-1').container);
      const start = Date.now();
      const result = await eventually('./ecp up through another manager', 90, async () => {
        const up = await ecp(other, ['up', '--yes']);
        return up.code === 0 || up.code === 4 ? up : undefined;
      });
      tell('up through another manager', { seconds: (Date.now() - start) / 1000, ...result });
      expect(result.stdout).toContain('0 added, 0 changed, 0 destroyed');
      await allNormal(60);
      const refused = await ecp(cluster, ['up', '--yes']);
      tell('up through the dead leader', refused);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain("'nodes' must begin with a manager that answers, got machine-1, which does not");
    }, 60);
    tell('leader killed, pauses in ms', { gaps, elsewhere });
    for (const server of elsewhere) expect(gaps[server]).toBeLessThan(5000);
    await dockerOk('start', machine('machine-1').container);
    await eventually('the old leader', 60, () => onManager('node', 'ls').catch(() => undefined));
    await allReady();
    expect(await ecpOk(cluster, ['up', '--yes'])).toContain('0 added, 0 changed, 0 destroyed');
  });
});

async function deliveriesRunning(): Promise<number> {
  const { stdout } = await run('docker', ['ps', '--quiet', '--filter', 'label=ecp.role=delivery'], {
    env: machines.environment(machine('machine-2')),
    timeoutSec: 10,
  });
  return stdout.split('\n').filter(Boolean).length;
}

/** A base image with which the entry point of application servers ends at once. */
async function brokenBase(): Promise<void> {
  const shell = `#!/bin/sh\\n[ "$ECP_ROLE" = app-server ] && exit 3\\nexec /bin/bash "$@"\\n`;
  const input = `FROM ${BASE_IMAGE}\nRUN printf '${shell}' >/usr/local/bin/bash && chmod 0755 /usr/local/bin/bash\n`;
  must(
    await run('docker', ['build', '--quiet', '--tag', BROKEN_BASE, '-'], { input, timeoutSec: 120 }),
    'docker build',
  );
}
