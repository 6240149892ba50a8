import type { ContainerFacts } from '../../cli/access/docker';
import { containersOf } from '../../cli/access/found-containers';
import { reportServers } from '../../cli/access/server-report';
import { awaitFilesInUse, gotFilesInPlace, trustInUse } from '../../cli/rotation/await-files';

jest.mock('../../cli/access/found-containers', () => ({ containersOf: jest.fn() }));
jest.mock('../../cli/access/server-report', () => ({ reportServers: jest.fn(() => Promise.resolve([])) }));
jest.mock('../../cli/terraform/terraform', () => ({
  idsInState: (_: string, type: string) => new Set(type === 'docker_service' ? ['s1'] : ['c1']),
}));

const SINCE = Date.parse('2026-11-26T12:00:00Z');

function facts(state: object): ContainerFacts {
  return { State: { Running: true, ...state } } as unknown as ContainerFacts;
}

test.each([
  ['got files while it ran', '2026-11-26T11:00:00Z', '2026-11-26T12:00:05Z', true],
  ['was made after its files', '2026-11-26T12:00:06Z', '2026-11-26T12:00:05Z', false],
  ['got files before', '2026-11-26T10:00:00Z', '2026-11-26T11:00:00Z', false],
])('a server that %s', (_, StartedAt, FinishedAt, inPlace) => {
  expect(gotFilesInPlace(facts({ StartedAt }), facts({ FinishedAt }), SINCE)).toBe(inPlace);
});

test('a server that does not run, or whose delivery is gone, takes nothing', () => {
  const server = { StartedAt: '2026-11-26T11:00:00Z' };
  const delivery = facts({ FinishedAt: '2026-11-26T12:00:05Z' });
  expect(gotFilesInPlace(facts({ ...server, Running: false }), delivery, SINCE)).toBe(false);
  expect(gotFilesInPlace(facts(server), undefined, SINCE)).toBe(false);
});

describe('a server that is not seen', () => {
  const silent = [{ node: 'n2', why: 'it said nothing' }];
  const find = (...nodes: typeof silent) =>
    jest.mocked(containersOf).mockResolvedValue({ containers: [], silent: nodes });

  test('has not taken its files', async () => {
    find(...silent);
    await expect(awaitFilesInUse('ecp', ['app-server-2'], -1, () => undefined)).rejects.toThrow(
      'not every server uses its new files after -1 s: app-server-2 is not there (the node n2 does not answer (it said nothing)); fix that',
    );
  });

  test('may trust what it likes while a node does not answer', async () => {
    find(...silent);
    await expect(trustInUse('ecp', '', ['app-server-2'])).rejects.toThrow(
      'the node n2 does not answer (it said nothing), and the authorities that app-server-2 may trust are not known: nothing was changed; run the same command when it answers',
    );
    expect(await trustInUse('ecp', '', [])).toEqual([]);
    find();
    expect(await trustInUse('ecp', '', ['app-server-2'])).toEqual([]);
  });
});

test('servers are known to the state by their containers or, on a swarm, by their services', async () => {
  const container = (name: string, id: string, service: string) =>
    ({
      Id: id,
      Name: `/${name}`,
      State: { Running: true },
      Config: {
        Labels: { 'ecp.role': 'app-server', 'ecp.server': name, 'com.docker.swarm.service.id': service },
      },
    }) as unknown as ContainerFacts;
  const containers = [container('a', 'c1', ''), container('b', 'c2', 's1'), container('c', 'c3', 's2')];
  jest.mocked(containersOf).mockResolvedValue({ containers, silent: [] });
  await trustInUse('ecp', '', []);
  expect(jest.mocked(reportServers).mock.lastCall?.[0].map(({ name }) => name)).toEqual(['a', 'b']);
});
