import { tryDocker } from '../../cli/access/docker';
import { watchNodes, whileWatched, type NodeWatch } from '../../cli/access/watch-nodes';

jest.mock('../../cli/access/docker', () => ({ tryDocker: jest.fn() }));
jest.mock('../../cli/access/endpoints', () => ({
  placesOf: (cluster: string) => ({
    isSwarm: cluster === 'swarm',
    endpoints: [undefined, ...['n1', 'n2'].map(node => ({ node, environment: { DOCKER_HOST: node } }))],
    hosts: {},
  }),
}));

/** Exit codes of the question by node. @default 0 */
let codes: Readonly<Record<string, number>>;
let asked: string[];
let watch: NodeWatch;

beforeEach(() => {
  jest.useFakeTimers();
  codes = {};
  asked = [];
  jest.mocked(tryDocker).mockImplementation((_, { endpoint }) => {
    asked.push(endpoint!.node);
    return Promise.resolve({ code: codes[endpoint!.node] ?? 0, stdout: '', stderr: 'connection refused' });
  });
});
afterEach(() => {
  watch.end();
  jest.useRealTimers();
});

const begin = (cluster: string, silent: string[] = []): void => {
  watch = watchNodes(cluster, { silent: silent.map(node => ({ node, why: '' })), servers: [] });
};

test('a deploy is told when a node has refused twice in a row', async () => {
  begin('ecp');
  for (const code of [0, 1, 0, 1]) {
    codes = { n2: code };
    await jest.advanceTimersByTimeAsync(5000);
  }
  expect([watch.lost.aborted, watch.words()]).toEqual([false, undefined]);
  await jest.advanceTimersByTimeAsync(5000);
  expect([watch.lost.aborted, watch.words()]).toEqual([true, 'the node n2 does not answer (connection refused)']);
});

test('a deploy is told when a node has let a question wait for its deadline', async () => {
  begin('ecp');
  codes = { n1: 124 };
  await jest.advanceTimersByTimeAsync(5000);
  expect([watch.lost.aborted, watch.words()]).toEqual([true, 'the node n1 does not answer (it said nothing for 10 s)']);
});

test('nodes that it goes on without, those of a swarm, and all after its end are not asked', async () => {
  begin('swarm');
  await jest.advanceTimersByTimeAsync(10_000);
  begin('ecp', ['n2']);
  await jest.advanceTimersByTimeAsync(5000);
  watch.end();
  await jest.advanceTimersByTimeAsync(10_000);
  expect(asked).toEqual(['n1']);
});

test('nor after work that throws', async () => {
  const work = whileWatched('ecp', { silent: [], servers: [] }, nodes => {
    watch = nodes;
    return Promise.reject(new Error('refused'));
  });
  await expect(work).rejects.toThrow('refused');
  await jest.advanceTimersByTimeAsync(10_000);
  expect(asked).toEqual([]);
});
