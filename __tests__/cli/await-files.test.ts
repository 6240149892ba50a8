import type { ContainerFacts } from '../../cli/access/docker';
import { gotFilesInPlace } from '../../cli/rotation/await-files';

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
