import type { Synthesized } from '../../app/synthesize';
import { tryDocker } from '../../cli/access/docker';
import { containersOf } from '../../cli/access/found-containers';
import type { SilentNode } from '../../cli/access/silent-nodes';
import { probeOverlay } from '../../cli/swarm/probe-overlay';
import { requireOverlay } from '../../cli/swarm/require-overlay';
import { apply } from '../../cli/terraform/terraform';

jest.mock('../../cli/access/docker', () => ({ tryDocker: jest.fn() }));
jest.mock('../../cli/access/endpoints', () => ({
  placesOf: () => ({
    endpoints: ['n1', 'n2', 'n3'].map(node => ({ node, environment: { DOCKER_HOST: node } })),
  }),
}));
jest.mock('../../cli/access/found-containers', () => ({ containersOf: jest.fn() }));
jest.mock('../../cli/failures/explain', () => ({ printExplanations: jest.fn() }));
jest.mock('../../cli/swarm/data-node', () => ({ dataNodesOf: () => Promise.resolve(['n1']) }));
jest.mock('../../cli/swarm/nodes', () => ({
  askSwarm: () =>
    Promise.resolve({
      manager: { node: 'n1', environment: {} },
      nodes: ['n1', 'n2', 'n3'].map(name => ({ name, status: 'Ready', availability: 'Active', manager: '' })),
    }),
}));
jest.mock('../../cli/swarm/new-overlay', () => ({ newOverlay: () => ({ internal: false, options: {} }) }));
jest.mock('../../cli/swarm/probe-overlay', () => ({
  probeOverlay: jest.fn(() => Promise.resolve([])),
  lastLine: (text: string) => text,
}));
jest.mock('../../cli/terraform/stack-file', () => ({
  readStack: () => ({
    resource: {
      docker_image: { image: { name: 'ecp:1', build: {} }, on_n3: { name: 'ecp:1' } },
      docker_registry_image: { pushed: {} },
    },
  }),
}));
jest.mock('../../cli/terraform/terraform', () => ({ apply: jest.fn() }));

const nodes = { lost: new AbortController().signal, words: () => undefined };
const n3: SilentNode = { node: 'n3', why: 'it said nothing' };
/** Nodes with the image, now and when it has been made. */
let have: string[];
let haveThen: string[];

beforeEach(() => {
  jest.clearAllMocks();
  have = ['n1', 'n2', 'n3'];
  haveThen = have;
  jest.spyOn(console, 'log').mockImplementation();
  jest.mocked(containersOf).mockResolvedValue({ containers: [], silent: [] });
  jest.mocked(tryDocker).mockImplementation((_, { endpoint }) => {
    const code = have.includes(endpoint!.node) ? 0 : 1;
    return Promise.resolve({ code, stdout: '', stderr: 'pull access denied' });
  });
  jest.mocked(apply).mockImplementation(() => {
    have = haveThen;
    return Promise.resolve({ ok: true } as Awaited<ReturnType<typeof apply>>);
  });
});
afterEach(() => jest.restoreAllMocks());

async function probed(hosts: object | undefined, silent: SilentNode[], targets?: string[]): Promise<string[]> {
  const settings = { cluster: 'ecp', nodes: {}, hosts, appServers: ['app-server-1', 'app-server-2'] };
  const stack = { settings, stackDirectory: '', stateFile: '' } as unknown as Synthesized;
  const leftOut = { silent, servers: [] };
  await requireOverlay({ terraform: '', directory: '' }, stack, { leftOut, targets, nodes });
  return jest
    .mocked(probeOverlay)
    .mock.calls.flatMap(([{ listener, others }]) => [listener, ...others].map(({ name }) => name));
}

const HOSTS = { 'data-server': 'n1', 'app-server-1': 'n2', 'app-server-2': 'n3' };

test('hosts that do not answer are not probed, nor is an image made there', async () => {
  have = ['n2'];
  expect(await probed(HOSTS, [n3], ['docker_image.image', 'docker_container.ecp'])).toEqual(['n1', 'n2']);
  expect(apply).toHaveBeenCalledTimes(1);
  expect(jest.mocked(apply).mock.calls[0]?.[1]).toMatchObject({ targets: ['docker_image.image'], nodes });
});

test('nor is a node of a swarm that is Ready and does not answer here', async () => {
  jest.mocked(containersOf).mockResolvedValue({ containers: [], silent: [n3] });
  expect(await probed(undefined, [])).toEqual(['n1', 'n2']);
});

test('the image is made where any of the nodes lacks it', async () => {
  have = ['n1', 'n2'];
  expect(await probed(HOSTS, [])).toEqual(['n1', 'n2', 'n3']);
  const targets = ['docker_image.image', 'docker_image.on_n3', 'docker_registry_image.pushed'];
  expect(jest.mocked(apply).mock.calls[0]?.[1]).toMatchObject({ targets });
});

test('a node that cannot have the image is not called cut off', async () => {
  have = haveThen = ['n1', 'n2'];
  await expect(probed(HOSTS, [])).rejects.toThrow(
    'the image ecp:1 must be had by each node, and n3 cannot have it (pull access denied): see that the node reaches the registry and may read there; nothing was deployed',
  );
  expect(probeOverlay).not.toHaveBeenCalled();
});

test('an overlay that cannot be probed, since the node of the data is silent, is told', async () => {
  const said = jest.spyOn(console, 'error').mockImplementation();
  jest.mocked(containersOf).mockResolvedValue({ containers: [], silent: [{ node: 'n1', why: 'it said nothing' }] });
  expect(await probed(undefined, [])).toEqual([]);
  expect(said).toHaveBeenCalledWith(
    expect.stringContaining('n1 does not answer (it said nothing): the overlay is not probed'),
  );
});
