/** The command over machines: a rehearsal of three on this host, from nothing and back. */
import type { ClusterReport } from '../../cli/cluster-report';
import { removeDataCentre } from '../../cli/machines/data-centre';
import { Steps } from './support/steps';
import { dockerOk, ecp, ecpOk, eventually, removeCluster, testCluster } from './support/test-cluster';

jest.setTimeout(300_000);

const steps = new Steps();
const { step, stepOnDemand } = steps;
// On a swarm no web port is published by default.
const cluster = testCluster('ecp-machines', 0, { ECP_DATA_SERVER_WEB_PORT: '', ECP_APP_SERVER_WEB_PORT_BASE: '' });

afterAll(async () => {
  try {
    if (steps.failed) console.error((await ecp(cluster, ['status'])).stdout);
  } finally {
    await removeDataCentre(cluster.name);
    await removeCluster(cluster);
  }
});

type StatusJson = Omit<ClusterReport, 'servers'> & {
  readonly servers: readonly {
    readonly name: string;
    readonly state: string;
    readonly node: string;
    readonly container: string;
  }[];
};

async function status(): Promise<StatusJson> {
  return JSON.parse((await ecp(cluster, ['status', '--json'])).stdout) as StatusJson;
}

describe('a cluster on three machines', () => {
  step('comes up by one command, and its status shows machines', async () => {
    const output = await ecpOk(cluster, ['up', '--yes', '--machines', '3']);
    expect(output).toMatch(/^machine-1 +Ready +Active +Leader/m);
    const { ok, servers, nodes } = await status();
    expect({ ok, states: servers.map(({ state }) => state) }).toEqual({
      ok: true,
      states: ['Normal', 'Normal', 'Normal'],
    });
    expect(servers.find(({ name }) => name === 'data-server')!.node).toBe('machine-1');
    expect(nodes.map(({ name }) => name)).toEqual(['machine-1', 'machine-2', 'machine-3']);
  });

  step('changes nothing when it is run again', async () => {
    expect(await ecpOk(cluster, ['up', '--yes'])).toContain('0 added, 0 changed, 0 destroyed');
  });

  step('is reached by verify and exec, wherever its servers run', async () => {
    expect(await ecpOk(cluster, ['verify'])).toContain('All 3 servers agree.');
    await ecpOk(cluster, ['exec', 'app-server-2', 'set', '^demo.machines'], 'here');
    await ecpOk(cluster, ['exec', 'app-server-2', 'sync']);
    expect(await ecpOk(cluster, ['exec', 'data-server', 'get', '^demo.machines'])).toBe('here\n');
  });

  step('gets new keys in place', async () => {
    const before = (await status()).servers.map(({ container }) => container);
    await ecpOk(cluster, ['rotate', '--yes']);
    const after = await status();
    expect(after.ok).toBe(true);
    expect(after.servers.map(({ container }) => container)).toEqual(before);
  });

  step(
    'restarts a server by another task, whose log goes on from the one before, and nothing is to be changed',
    async () => {
      const containers = async (): Promise<Record<string, string>> =>
        Object.fromEntries((await status()).servers.map(({ name, container }) => [name, container]));
      const before = await containers();
      await ecpOk(cluster, ['restart', 'app-server-1', 'data-server']);
      const after = await containers();
      expect(after['app-server-2']).toBe(before['app-server-2']);
      expect(after['app-server-1']).not.toBe(before['app-server-1']);
      const log = await ecpOk(cluster, ['logs', 'app-server-1']);
      expect(log.match(/^app-server-1 \| .*starts as app-server on/gm)).toHaveLength(2);
      expect(log).toMatch(/ stopped\n.*starts as app-server on/);
      expect(await ecpOk(cluster, ['up', '--yes'])).toContain('0 added, 0 changed, 0 destroyed');
      expect(await ecp(cluster, ['pause'])).toMatchObject({ code: 2, stdout: '' });
    },
  );

  step('leaves a node that is drained, and refuses a node that does not exist', async () => {
    expect(await ecp(cluster, ['drain', 'machine-33'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(
        "'NODE' must be a node of the swarm, got 'machine-33' (did you mean 'machine-3'?)",
      ) as string,
    });
    const victim =
      (await status()).servers.find(({ name, node }) => name !== 'data-server' && node !== 'machine-1')?.node ??
      'machine-2';
    await ecpOk(cluster, ['drain', victim]);
    await eventually('all Normal elsewhere', 90, async () => {
      const { servers } = await status();
      return servers.every(({ state, node }) => state === 'Normal' && node !== victim) ? true : undefined;
    });
    await ecpOk(cluster, ['activate', victim]);
    expect((await ecp(cluster, ['status'])).code).toBe(0);
  });

  step('tells the state of a server whose engine does not answer here by what the others see', async () => {
    const { name, node } = (await status()).servers.find(
      each => each.name !== 'data-server' && each.node !== 'machine-1',
    )!;
    const closed = ['exec', `${cluster.name}-${node}`, 'iptables'];
    const rule = ['INPUT', '-p', 'tcp', '--dport', '2376', '-j', 'REJECT'];
    await dockerOk(...closed, '-I', ...rule);
    try {
      const { code, stdout } = await ecp(cluster, ['status']);
      expect(stdout).toContain(
        `${name}: it runs on a node that does not answer here; to the other servers it is Normal`,
      );
      expect(stdout).toContain(`the node ${node} is silent`);
      expect(code).toBe(4);
      const verified = await ecp(cluster, ['verify']);
      expect(verified.stderr).toMatch(new RegExp(`${name}.* not asked`));
      expect(verified.code).toBe(4);
    } finally {
      await dockerOk(...closed, '-D', ...rule);
    }
    expect((await ecp(cluster, ['status'])).code).toBe(0);
  });

  step('goes on without a machine that is killed, and says so with a code of its own', async () => {
    await dockerOk('kill', `${cluster.name}-machine-3`);
    const seen = await eventually('status with code 4', 120, async () => {
      const result = await ecp(cluster, ['status']);
      return result.code === 4 ? result.stdout : undefined;
    });
    // Its engine is silent before the swarm counts it as down.
    expect(seen).toMatch(/! the node machine-3 is (down|silent)/);
    // Until the swarm has moved what ran there, nobody is to start what an earlier task has left elsewhere.
    await eventually('all three servers agree', 120, async () => {
      const result = await ecp(cluster, ['verify']);
      if (/docker start/.test(result.stderr))
        throw new Error(`verify ended with code ${result.code}\n${result.stderr}`);
      return result.stdout.includes('All 3 servers agree.') ? true : undefined;
    });
    await ecpOk(cluster, ['up', '--yes']);
    await eventually('code 0 again', 90, async () => ((await ecp(cluster, ['status'])).code === 0 ? true : undefined));
  });

  step('keeps its data over a down and an up, and leaves nothing behind when the machines are removed', async () => {
    expect(await ecpOk(cluster, ['down', '--yes'])).toContain('The machines keep the data');
    await ecpOk(cluster, ['up', '--yes']);
    expect(await ecpOk(cluster, ['exec', 'data-server', 'get', '^demo.machines'])).toBe('here\n');
    const registry = await dockerOk('port', `${cluster.name}-registry`, '5000');
    const pushed = (): Promise<string> => dockerOk('image', 'ls', '--quiet', `${registry}/*`);
    expect(await pushed()).not.toBe('');
    expect(await ecpOk(cluster, ['down', '--volumes', '--yes'])).toContain('docker image rm ecp-machine:rehearsal');
    expect(await pushed()).toBe('');
    expect(await dockerOk('ps', '--all', '--quiet', '--filter', `label=ecp.machines=${cluster.name}`)).toBe('');
    expect(await dockerOk('volume', 'ls', '--quiet', '--filter', `label=ecp.machines=${cluster.name}`)).toBe('');
  });

  stepOnDemand('can be removed although its machines do not run', async () => {
    await ecpOk(cluster, ['up', '--yes', '--machines', '1']);
    await dockerOk('stop', `${cluster.name}-machine-1`);
    expect(await ecpOk(cluster, ['down', '--volumes', '--yes'])).toContain('Remove 1 machines');
    expect(await dockerOk('ps', '--all', '--quiet', '--filter', `label=ecp.machines=${cluster.name}`)).toBe('');
  });
});
