// ecp-test: on demand
/** A cluster on a swarm of three engines: it moves, its certificates rotate in place, and no acknowledged write is lost. */
import type { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import type { TerraformStack } from 'cdktf';
import { EcpCluster, EcpPki, RehearsalImage, Swarm } from '../../constructs';
import type { DeployedStack } from './support/example-projects';
import type { Machine } from '../../app/data-centre';
import { Machines, type Authorities, type Place } from './support/machines';
import { MachineWriters } from './support/machine-writers';
import { BASE_IMAGE } from './support/packed-project';
import { repetitions } from './support/repetitions';
import { Steps } from './support/steps';
import { dockerOk, eventually } from './support/test-cluster';

jest.setTimeout(300_000);

const CLUSTER = 'ecp-swarm';
const APP_SERVERS = ['app-server-1', 'app-server-2'];
const SERVERS = ['data-server', ...APP_SERVERS];
/** Cut off from everybody, or from the manager only: then both holders of the identity reach the data server. */
const CUTS = Array.from({ length: 20 }, (_, index) =>
  index % 2 === 0
    ? { from: 'everybody', ports: undefined, nth: `round ${index / 2 + 1}` }
    : { from: 'the manager', ports: [2377], nth: `round ${(index + 1) / 2}` },
);
/** How long an application server was away, by kind of fault. */
const measured: string[] = [];
const steps = new Steps();
const { step, stepOnDemand } = steps;
let machines: Machines;
let writers: MachineWriters;

beforeAll(async () => {
  machines = await Machines.start(CLUSTER, 3);
  writers = new MachineWriters(machines, APP_SERVERS);
  const [manager] = machines.machines;
  await machines.docker(manager!, 'node', 'update', '--label-add', `ecp.data-server=${CLUSTER}`, 'machine-1');
  // Nodes that fall silent are noticed in seconds: the suite is about what happens then.
  await machines.docker(manager!, 'swarm', 'update', '--dispatcher-heartbeat', '2s');
});
afterAll(async () => {
  if (measured.length > 0) console.log(`Writes again after a node was cut off from ${measured.join('; ')}`);
  if (steps.failed) await machines.printLogs();
  await machines.remove();
});

/** What the servers trust, and who signs. */
let authorities: Authorities = { signingCa: 1, trustedCas: [1] };

function stackOf(
  options: { readonly leafValidityHours?: number; readonly appServers?: readonly string[] } = {},
): DeployedStack {
  return machines.synthesize((stack: TerraformStack, [manager]: readonly DockerProvider[]) => {
    new EcpCluster(stack, 'cluster', {
      clusterName: CLUSTER,
      appServers: options.appServers ?? APP_SERVERS,
      platform: new Swarm(stack, 'swarm', { provider: manager }),
      pki: new EcpPki(stack, 'pki', {
        clusterName: CLUSTER,
        algorithm: 'ECDSA',
        leafValidityHours: options.leafValidityHours,
        ...authorities,
      }),
      image: new RehearsalImage(stack, 'image', { baseImage: BASE_IMAGE, registry: machines.centre.registry }),
    });
  });
}

const allNormal = (timeoutSec: number, servers: readonly string[] = SERVERS): Promise<unknown> =>
  machines.allNormal(timeoutSec, servers);

async function places(): Promise<Record<string, string>> {
  const found = await Promise.all(
    SERVERS.map(async server => [server, (await machines.find(server))?.machine.name ?? '']),
  );
  return Object.fromEntries(found) as Record<string, string>;
}

/** Moves a server to a node that is no manager. */
async function onWorker(server: string): Promise<Machine> {
  const manager = machines.machines[0]!;
  return eventually(`${server} on a worker`, 90, async () => {
    const place = await machines.find(server);
    if (place && place.machine.name !== manager.name) return place.machine;
    if (place) await machines.docker(manager, 'service', 'update', '--quiet', '--force', `${CLUSTER}-${server}`);
    return undefined;
  });
}

/** Waits until the swarm calls a node ready. */
async function ready({ name }: Machine): Promise<void> {
  const list = ['node', 'ls', '--format', '{{.Hostname}} {{.Status}}'];
  await eventually(`${name} ready`, 60, async () =>
    (await machines.docker(machines.machines[0]!, ...list)).includes(`${name} Ready`) ? true : undefined,
  );
}

async function tasks(): Promise<string[]> {
  return Promise.all(SERVERS.map(async server => (await machines.find(server))?.container ?? 'none'));
}

describe('a cluster on a swarm', () => {
  step('is Normal after one apply, with the data server on its node, and the second plan is empty', async () => {
    const stack = stackOf();
    await stack.terraform(['init', '-input=false', '-no-color']);
    await stack.apply();
    await allNormal(90);
    expect(await places()).toMatchObject({ 'data-server': 'machine-1' });
    expect(await stack.changes()).toEqual([]);
  });

  step('rotates its certificates under load without a failed write and without a restart', async () => {
    const before = await tasks();
    const { failures } = await writers.during(async () => {
      await stackOf({ leafValidityHours: 100 }).apply();
    }, 30);
    expect(failures).toEqual([]);
    expect(await tasks()).toEqual(before);
  });

  stepOnDemand('changes its authority under load without a failed write and without a restart', async () => {
    const before = await tasks();
    const { failures } = await writers.during(async () => {
      await machines.changeAuthority(SERVERS, each => {
        authorities = each;
        return stackOf({ leafValidityHours: 100 }).apply();
      });
    }, 30);
    expect(failures).toEqual([]);
    expect(await tasks()).toEqual(before);
  });

  stepOnDemand('takes one more application server, and lets it go again', async () => {
    const three = [...APP_SERVERS, 'app-server-3'];
    const before = await tasks();
    await stackOf({ leafValidityHours: 100, appServers: three }).apply();
    await allNormal(60, ['data-server', ...three]);
    await stackOf({ leafValidityHours: 100 }).apply();
    expect(await tasks()).toEqual(before);
  });

  step('moves from a node that is drained', async () => {
    const manager = machines.machines[0]!;
    const { name: node } = await onWorker('app-server-1');
    await writers.during(async () => {
      await machines.docker(manager, 'node', 'update', '--availability', 'drain', node);
      await eventually('app-server-1 elsewhere', 60, async () => {
        const place = (await places())['app-server-1'];
        return place !== '' && place !== node ? true : undefined;
      });
    }, 60);
    await machines.docker(manager, 'node', 'update', '--availability', 'active', node);
    await allNormal(60);
  });

  step('moves from a node that is killed, and nobody else notices', async () => {
    const machine = await onWorker('app-server-2');
    await writers.during(() => dockerOk('kill', machine.container), 60);
    await dockerOk('start', machine.container);
    await ready(machine);
    await allNormal(60);
    expect(await stackOf({ leafValidityHours: 100 }).changes()).toEqual([]);
  });

  for (const cut of CUTS.slice(0, repetitions(1)))
    step(`hands an identity over when its node is cut off from ${cut.from}, ${cut.nth}`, async () => {
      const node = await onWorker('app-server-1');
      const old = await machines.find('app-server-1');
      const isElsewhere = (await places())['app-server-2'] !== node.name;
      const elsewhere = (): Promise<Place | undefined> => machines.find('app-server-1', node);
      const oracle = writers
        .oracle(async writer => {
          if (writer === 'cut-off') return old;
          return writer === 'app-server-1' ? elsewhere() : machines.find(writer);
        })
        .start(['cut-off', 'app-server-1', 'app-server-2']);
      const [cutOff, successor, bystander] = oracle.writers;
      try {
        await eventually('the first writes', 30, async () =>
          cutOff!.lastGood && bystander!.lastGood ? true : undefined,
        );
        const moment = Date.now();
        await machines.cutOff(node, cut.ports);
        await eventually(
          'writes on the successor',
          60,
          async () => (successor!.lastGood > moment ? true : undefined),
          () => oracle.failures.slice(-4).join('; '),
        );
        const takenOver = successor!.acknowledgedAt[0]!;
        await new Promise(resolve => setTimeout(resolve, 2000));
        await machines.heal(node);
        await eventually('the cut off server gone', 60, async () => {
          const list = ['ps', '--quiet', '--filter', 'label=ecp.server=app-server-1'];
          return (await machines.docker(node, ...list)) === '' ? true : undefined;
        });
        const healed = Date.now();
        await eventually('writes go on', 30, async () => (successor!.lastGood > healed ? true : undefined));
        // One batch may have been acknowledged at the moment at which the other one began.
        expect(cutOff!.acknowledgedAt.filter(at => at > takenOver + 1000)).toEqual([]);
        if (isElsewhere) expect(bystander!.failures).toEqual([]);
        measured.push(`${cut.from}: ${((takenOver - moment) / 1000).toFixed(1)} s`);
      } finally {
        await machines.heal(node);
        await oracle.stop();
      }
      await writers.check(oracle);
      await ready(node);
      await allNormal(60);
    });

  step('comes back with its data when the node of the data server is killed and returns', async () => {
    const { container } = machines.machines[0]!;
    await writers.during(async () => {
      await dockerOk('kill', container);
      await new Promise(resolve => setTimeout(resolve, 5000));
      await dockerOk('start', container);
      await allNormal(90);
    }, 60);
  });
});
