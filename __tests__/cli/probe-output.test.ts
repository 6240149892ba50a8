import type { ContainerFacts } from '../../cli/access/docker';
import { readProbeOutput } from '../../cli/access/probe-output';

const certificate = { subject: 'CN=app-server-1', issuer: 'CN=ecp ECP CA 1', notAfter: '2027-02-24T12:00:00Z' };
const words = { state: 'Normal', since: '2026-11-26T12:00:10Z', reason: '', certificate };
const NOW = Date.parse('2026-11-26T12:03:00Z');

const probe = {
  Start: '2026-11-26T12:00:10.000000001Z',
  End: '2026-11-26T12:02:00.000000001Z',
  ExitCode: 0,
  Output: `${JSON.stringify(words)}\n`,
};

interface Changes {
  readonly state?: object;
  readonly last?: Partial<typeof probe>;
  readonly delivered?: string | null;
}

/** What is known of a healthy server whose files were delivered before its last probe, but for the changes. */
function known({ state = {}, last = {}, delivered = '2026-11-26T12:00:00Z' }: Changes = {}) {
  const Health = {
    Status: 'healthy',
    Log: [
      { ...probe, Output: 'older' },
      { ...probe, ...last },
    ],
  };
  const server = { State: { Running: true, Paused: false, Health, ...state } } as unknown as ContainerFacts;
  const delivery = { State: { FinishedAt: delivered } } as unknown as ContainerFacts;
  return readProbeOutput(server, delivered === null ? undefined : delivery, NOW);
}

test('a healthy probe tells state and certificate', () => {
  expect(known()).toEqual(words);
});

test.each<[string, Changes]>([
  ['does not run', { state: { Running: false } }],
  ['is paused', { state: { Paused: true } }],
  ['has no probe yet', { state: { Health: { Status: 'starting', Log: [] } } }],
  ['has no health check', { state: { Health: undefined } }],
  ['was well but for its last probe', { last: { ExitCode: 1, Output: 'Trouble: the connection was lost' } }],
  ['is unhealthy', { state: { Health: { Status: 'unhealthy', Log: [probe] } } }],
  ['got its files while the probe ran', { delivered: '2026-11-26T12:00:10.5Z' }],
  ['has lost its delivery', { delivered: null }],
  ['was not probed lately', { last: { End: '2026-11-26T12:00:49Z' } }],
  ['says nothing', { last: { Output: '' } }],
  ['says something else', { last: { Output: 'null' } }],
  ['says another state', { last: { Output: JSON.stringify({ ...words, state: 'Disabled' }) } }],
])('a server that %s has to be asked', (_, changes) => {
  expect(known(changes)).toBeUndefined();
});
