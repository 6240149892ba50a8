import { setTimeout } from 'node:timers/promises';
import { docker, tryDocker, type ContainerFacts } from '../../cli/access/docker';
import { containersOf, type FoundContainers } from '../../cli/access/found-containers';
import { awaitTasksEnd } from '../../cli/swarm/await-tasks-end';
import type { ClusterService } from '../../cli/swarm/services';
import { removeNetwork } from '../../cli/swarm/remove-network';
import { sweepSwarm } from '../../cli/terraform/sweep-swarm';

jest.mock('../../cli/access/docker', () => ({ docker: jest.fn(), tryDocker: jest.fn() }));
jest.mock('../../cli/terraform/terraform', () => ({ idsInState: () => new Set() }));
jest.mock('../../cli/access/found-containers', () => ({ containersOf: jest.fn() }));
jest.mock('node:timers/promises', () => ({ setTimeout: jest.fn() }));

let nowMs: number;
beforeEach(() => {
  nowMs = 0;
  jest.spyOn(Date, 'now').mockImplementation(() => nowMs);
  jest.mocked(setTimeout).mockImplementation(ms => {
    nowMs += ms ?? 0;
    return Promise.resolve() as Promise<never>;
  });
});
afterEach(() => jest.restoreAllMocks());

const task = (service: string) =>
  ({
    Name: `/${service}.1.x`,
    State: { Running: true },
    Config: { Labels: { 'com.docker.swarm.service.id': service } },
  }) as unknown as ContainerFacts;

describe('the tasks of removed services', () => {
  const silent = [{ node: 'n2', why: 'it said nothing for 10 s' }];
  /** How long it takes until they are known to have ended, in seconds. */
  async function endsAfter(look: (sec: number) => Partial<FoundContainers>): Promise<number> {
    jest
      .mocked(containersOf)
      .mockImplementation(() => Promise.resolve({ containers: [], silent: [], ...look(nowMs / 1000) }));
    await awaitTasksEnd('ecp', new Set(['s1']));
    return nowMs / 1000;
  }

  test('are waited for, those of others not', async () => {
    expect(await endsAfter(sec => ({ containers: [task('s2'), ...(sec < 3 ? [task('s1')] : [])] }))).toBe(3);
  });

  test('may run on a node that does not answer, until it does', async () => {
    expect(await endsAfter(sec => ({ silent: sec < 20 ? silent : [] }))).toBe(20);
  });

  test('end no command well on a node that never answers', async () => {
    await expect(endsAfter(() => ({ silent }))).rejects.toThrow(
      'the node n2 does not answer (it said nothing for 10 s), and servers whose services the state does not know may run there: bring it back, or take it out of ECP_NODES when none can run there any more, then run the same command again',
    );
    expect(nowMs).toBeGreaterThan(180_000);
  });

  test('are not begun to be removed while a node does not answer, so that the next run knows of them', async () => {
    jest.mocked(docker).mockResolvedValue('');
    jest.mocked(containersOf).mockResolvedValue({ containers: [], silent });
    const services = [{ id: 's1', name: 'ecp-data-server' } as ClusterService];
    const look = { manager: { node: 'n1', environment: {} }, nodes: [], services };
    await expect(sweepSwarm('ecp', '', look)).rejects.toThrow('the node n2 does not answer');
    expect(docker).not.toHaveBeenCalled();
  });

  test('are named when they do not end', async () => {
    await expect(endsAfter(() => ({ containers: [task('s1')] }))).rejects.toThrow('s1.1.x still run 180 s after');
  });
});

describe('a network', () => {
  const remove = () => removeNetwork({ id: 'i1', name: 'ecp-probe' }, undefined, 15);
  const answer = (code: number, stderr: string) => Promise.resolve({ code, stdout: '', stderr });

  test('is removed when the swarm has forgotten its last container', async () => {
    jest.mocked(tryDocker).mockImplementation(([, verb]) => {
      if (verb === 'rm') return nowMs < 1000 ? answer(1, 'network has active endpoints') : answer(0, '');
      return nowMs < 1000 ? answer(0, '') : answer(1, 'network ecp-probe not found');
    });
    expect(await remove()).toBeUndefined();
  });

  test('of a manager that hangs is given up at the deadline', async () => {
    jest.mocked(tryDocker).mockImplementation((_, { timeoutSec = Infinity }) => {
      nowMs += timeoutSec * 1000;
      return answer(124, '');
    });
    expect(await remove()).toBe('no answer within 15 s');
    expect(nowMs).toBeLessThan(20_000);
  });
});
