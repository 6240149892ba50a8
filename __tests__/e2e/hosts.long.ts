/** A cluster over three Docker hosts, by an overlay and by a published port. Each host is an engine of its own. */
import type { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import type { TerraformStack } from 'cdktf';
import { EcpCluster, EcpPki, RehearsalImage, type EcpDataServerOptions } from '../../constructs';
import type { DeployedStack } from './support/example-projects';
import { MachineWriters } from './support/machine-writers';
import { Machines, type Authorities } from './support/machines';
import { BASE_IMAGE } from './support/packed-project';
import { Steps } from './support/steps';
import { dockerOk, eventually } from './support/test-cluster';

jest.setTimeout(300_000);

const CLUSTER = 'ecp-hosts';
const SERVERS = ['data-server', 'app-server-1', 'app-server-2'];
const steps = new Steps();
const { step, stepOnDemand } = steps;
let machines: Machines;

beforeAll(async () => {
  machines = await Machines.start(CLUSTER, 3);
});
afterAll(async () => {
  if (steps.failed) await machines.printLogs();
  await machines.remove();
});

/** What the servers trust, and who signs. */
let authorities: Authorities = { signingCa: 1, trustedCas: [1] };

/** A server on each machine. */
function stackOf(options: {
  readonly dataServerOptions?: EcpDataServerOptions;
  readonly leafValidityHours?: number;
  /** With an entry point and monitoring. */
  readonly isWatched?: boolean;
}): DeployedStack {
  return machines.synthesize((stack: TerraformStack, providers: readonly DockerProvider[]) => {
    const { registry } = machines.centre;
    const cluster = new EcpCluster(stack, 'cluster', {
      clusterName: CLUSTER,
      hosts: Object.fromEntries(SERVERS.map((name, index) => [name, providers[index]!])),
      pki: new EcpPki(stack, 'pki', {
        clusterName: CLUSTER,
        algorithm: 'ECDSA',
        leafValidityHours: options.leafValidityHours,
        ...authorities,
      }),
      image: new RehearsalImage(stack, 'image', { baseImage: BASE_IMAGE, registry }),
      dataServerOptions: { webPort: undefined, ...options.dataServerOptions },
    });
    if (!options.isWatched) return;
    cluster.addEntryPoint({ port: 8080, baseImage: BASE_IMAGE, registry });
    cluster.addMonitoring({ scrapeIntervalSec: 5, baseImage: BASE_IMAGE, registry });
  });
}

async function expectNormal(): Promise<void> {
  for (const server of SERVERS)
    expect({ server, state: await machines.stateOf(server) }).toEqual({ server, state: 'Normal' });
}

/** A write through each application server, read on the data server. */
async function expectWrites(value: string): Promise<void> {
  for (const server of SERVERS.slice(1)) {
    await machines.node(server, ['set', `^demo.hosts("${server}")`], value);
    await machines.node(server, ['sync']);
    expect(await machines.node('data-server', ['get', `^demo.hosts("${server}")`])).toBe(`${value}\n`);
  }
}

async function containers(): Promise<string[]> {
  const places = await Promise.all(SERVERS.map(server => machines.find(server)));
  return places.map(place => `${place?.machine.name} ${place?.container}`);
}

describe('servers on hosts that share an overlay', () => {
  let stack: DeployedStack;

  step('are Normal after one apply, each on its machine, and the second plan is empty', async () => {
    stack = stackOf({});
    await stack.terraform(['init', '-input=false', '-no-color']);
    await stack.apply();
    await expectNormal();
    expect((await containers()).map(place => place.split(' ')[0])).toEqual(['machine-1', 'machine-2', 'machine-3']);
    expect(await stack.changes()).toEqual([]);
  });

  step('write through the data server', () => expectWrites('over the overlay'));

  step('get new certificates and a new authority in place, and no write fails', async () => {
    const before = await containers();
    const { failures } = await new MachineWriters(machines, SERVERS.slice(1)).during(async () => {
      await stackOf({ leafValidityHours: 100 }).apply();
      await machines.changeAuthority(SERVERS, each => {
        authorities = each;
        return stackOf({ leafValidityHours: 100 }).apply();
      });
    }, 30);
    expect(failures).toEqual([]);
    await expectNormal();
    expect(await containers()).toEqual(before);
    await expectWrites('after a rotation');
  });

  stepOnDemand(
    'have one entry point and monitoring on the host of the data server, which see the servers of all hosts',
    async () => {
      const [first] = machines.machines;
      const before = await containers();
      const beside = stackOf({ leafValidityHours: 100, isWatched: true });
      await beside.apply();
      const ask = (host: string, port: number, path: string): Promise<string> => {
        const words = `exec 3<>/dev/tcp/${host}/${port} && printf 'GET ${path} HTTP/1.0\\r\\n\\r\\n' >&3 && cat <&3`;
        return machines.docker(first!, 'exec', `${CLUSTER}-data-server`, 'bash', '-c', words);
      };
      const answering = new Set<string>();
      await eventually('answers of both', 30, async () => {
        const text = await ask('entry-point', 8080, '/metrics/ecp');
        const [, name] = /^ecp_server_normal\{server="([^"]+)".*\} 1$/m.exec(text) ?? [];
        if (name !== undefined) answering.add(name);
        return answering.size === 2 ? true : undefined;
      });
      const watched = async (): Promise<string[]> => {
        const answer = await ask('prometheus', 9090, '/api/v1/query?query=ecp_server_normal');
        return [...answer.matchAll(/"server":"([^"]+)"\},"value":\[[0-9.]+,"1"\]/g)].map(match => match[1]!).sort();
      };
      await eventually(
        'metrics of all servers',
        60,
        async () => (await watched()).length === 3 || undefined,
        () => 'not all',
      );
      expect([...answering].sort()).toEqual(['app-server-1', 'app-server-2']);
      expect(await beside.changes()).toEqual([]);
      expect(await containers()).toEqual(before);
      await stackOf({ leafValidityHours: 100 }).apply();
    },
  );

  step('come back when the engine of one of them restarts, at the latest by an apply or its repetition', async () => {
    const [, second] = machines.machines;
    await dockerOk('restart', second!.container);
    const isNormal = async (): Promise<true | undefined> =>
      (await machines.stateOf('app-server-1')) === 'Normal' ? true : undefined;
    const stack = stackOf({ leafValidityHours: 100 });
    try {
      await eventually('app-server-1 Normal', 30, isNormal);
    } catch {
      // Docker may start a container before the swarm has the overlay, and then leaves it (seen in one of three runs).
      process.stderr.write(`  │ an engine restarted │ ${await machines.stateOf('app-server-1')} after 30 s │\n`);
      // The first start may only make the engine ask for the overlay (`isLateOverlay`).
      await stack.apply().catch((error: Error) => {
        if (!/network \S+ not found/.test(error.message)) throw error;
        return stack.apply();
      });
      await eventually('app-server-1 Normal after an apply', 30, isNormal);
    }
    expect(await stack.changes()).toEqual([]);
  });

  step('leave no container when they are destroyed', async () => {
    await stackOf({ leafValidityHours: 100 }).terraform(['destroy', '-auto-approve', '-input=false', '-no-color']);
    for (const machine of machines.machines) expect(await machines.docker(machine, 'ps', '--all', '--quiet')).toBe('');
  });
});

describe('servers on hosts that share nothing but a port', () => {
  const publish = (): EcpDataServerOptions => ({
    publish: { address: `${machines.machines[0]!.container}.${CLUSTER}-machines`, port: 2972 },
  });

  step('are Normal after one apply, find the data of before, and the second plan is empty', async () => {
    const stack = stackOf({ dataServerOptions: publish() });
    await stack.apply();
    await expectNormal();
    expect(await machines.node('app-server-2', ['get', '^demo.hosts("app-server-2")'])).toBe('after a rotation\n');
    await expectWrites('over a port');
    expect(await stack.changes()).toEqual([]);
  });

  step('refuse a client without a certificate at that port, and keep one that has an admitted one', async () => {
    const { machine, container } = (await machines.find('app-server-1'))!;
    // With TLS 1.3 the refusal comes after the handshake: the client has to stay and listen.
    const answerTo = (options: string): Promise<string> => {
      const client = `openssl s_client -quiet -connect ${machines.machines[0]!.address}:2972 ${options}`;
      const script = `timeout 3 ${client} < <(sleep 4) 2>&1; echo "code $?"`;
      return machines.docker(machine, 'exec', container, 'bash', '-c', script);
    };
    expect(await answerTo('')).toMatch(/alert certificate required|unexpected eof/i);
    expect(await answerTo('-cert /ecp/files/pki/cert.pem -key /ecp/files/pki/key.pem')).toMatch(/code 124$/);
  });
});
