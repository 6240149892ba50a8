// ecp-test: on demand
/** An overlay over which nothing passes is refused before anything is deployed on it. */
import { placesOf, type Endpoint } from '../../cli/access/endpoints';
import { removeDataCentre } from '../../cli/machines/data-centre';
import { probeOverlay, type CutNode } from '../../cli/swarm/probe-overlay';
import { requireConnected } from '../../cli/swarm/require-overlay';
import { readStack } from '../../cli/terraform/stack-file';
import { Steps } from './support/steps';
import { dockerOk, ecp, ecpOk, removeCluster, testCluster } from './support/test-cluster';

jest.setTimeout(300_000);

const { step } = new Steps();
// On a swarm no web port is published by default.
const cluster = testCluster('ecp-overlay', 48, { ECP_DATA_SERVER_WEB_PORT: '', ECP_APP_SERVER_WEB_PORT_BASE: '' });
const PROBE = /✓ Probe the overlay/;

afterAll(async () => {
  await removeDataCentre(cluster.name);
  await removeCluster(cluster);
});

function endpoint(node: string): Endpoint {
  return placesOf(cluster.name).endpoints.find(each => each?.node === node)!;
}

const onMachine = (machine: number, ...command: string[]): Promise<string> =>
  dockerOk('exec', `${cluster.name}-machine-${machine}`, ...command);

async function probe(options: Readonly<Record<string, string>>): Promise<CutNode[]> {
  const overlay = { internal: false, options };
  const images = Object.values(readStack(cluster.stackDirectory).resource.docker_image ?? {});
  const image = images.find(({ build }) => build)!.name!;
  const [listener, other] = ['machine-1', 'machine-2'].map(name => ({ name, endpoint: endpoint(name) }));
  const manager = listener!;
  const made = { cluster: cluster.name, overlay, image, manager, listener: listener!, others: [other!] };
  const cut = await probeOverlay({ ...made, deadlineSec: 12 });
  requireConnected(made, cut);
  return cut;
}

async function expectNothingLeft(): Promise<void> {
  const filter = ['--quiet', '--filter', 'label=ecp.role=probe'];
  for (const machine of [1, 2]) expect(await onMachine(machine, 'docker', 'ps', '--all', ...filter)).toBe('');
  expect(await onMachine(1, 'docker', 'network', 'ls', ...filter)).toBe('');
}

describe('the overlay of a swarm', () => {
  step('is probed at the first up, and not again', async () => {
    expect(await ecpOk(cluster, ['up', '--yes', '--machines', '2'])).toMatch(PROBE);
    await expectNothingLeft();
    const again = await ecpOk(cluster, ['up', '--yes']);
    expect(again).toContain('0 added, 0 changed, 0 destroyed');
    expect(again).not.toContain('Probe the overlay');
  });

  step('passes plain, and is refused encrypted by a kernel without ESP', async () => {
    expect(await probe({})).toEqual([]);
    await expect(probe({ encrypted: '' })).rejects.toThrow(
      /^'encrypted' of the network must be left out unless the kernel of each node has ESP, got true, and over an encrypted overlay machine-2 could not connect to machine-1/,
    );
    await expectNothingLeft();
  });

  step('is refused with nothing deployed where 4789/udp is shut, and taken when it is open again', async () => {
    await ecpOk(cluster, ['down', '--yes']);
    const rule = ['INPUT', '--protocol', 'udp', '--dport', '4789', '--jump', 'DROP'];
    await onMachine(2, 'iptables', '--insert', ...rule);
    const refused = await ecp(cluster, ['up', '--yes']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(
      "'driver' of the network must be an overlay that connects all nodes, got one over which machine-2 could not connect to machine-1, where the data server is to run: open 4789/udp, 7946/tcp and 7946/udp between them",
    );
    expect(await onMachine(1, 'docker', 'service', 'ls', '--quiet')).toBe('');
    await expectNothingLeft();
    await onMachine(2, 'iptables', '--delete', ...rule);
    expect(await ecpOk(cluster, ['up', '--yes'])).toMatch(PROBE);
  });
});
