import { lacksDelivery, whyUnseen } from '../../cli/drift/swarm-drift';
import { readTasks, unseenAmong, type ClusterService } from '../../cli/swarm/services';
import { failedSince, failedUpdate } from '../../cli/swarm/updates';

const service = (changes: Partial<ClusterService> = {}): ClusterService => ({
  id: 's1',
  name: 'ecp-app-server-1',
  server: 'app-server-1',
  role: 'app-server',
  delivers: '',
  update: 'rollback_completed',
  updateMessage: 'rollback completed',
  updateBegan: '2026-01-01T10:00:00Z',
  task: 'Running',
  lastFailure: '',
  ...changes,
});

describe('updates of services', () => {
  test('that failed in an earlier deploy are no failure of this one', () => {
    const earlier = new Map([['s1', '2026-01-01T10:00:00Z']]);
    expect(failedSince([service()], earlier)).toEqual([]);
    expect(failedSince([service({ updateBegan: '2026-01-01T11:00:00Z' })], earlier)).toHaveLength(1);
    expect(failedSince([service()], new Map())).toHaveLength(1);
  });

  test.each(['', 'updating', 'completed'])('in the state %p did not fail', update => {
    expect(failedSince([service({ update })], new Map())).toEqual([]);
  });

  test('that were rolled back are told in one sentence, with what the swarm says and the remedy', () => {
    expect(failedUpdate(service({ lastFailure: 'task: non-zero exit (3)' }))).toBe(
      'the update of the service ecp-app-server-1 was rolled back, and it runs as it did before (rollback completed; task: non-zero exit (3)): docker service ps --no-trunc ecp-app-server-1 says more; correct what was changed, such as the image, and run ./ecp up again',
    );
  });

  test.each(['paused', 'rollback_paused'])('that ended as %s are not said to run as before', update => {
    expect(failedUpdate(service({ update, updateMessage: 'early termination of task t1' }))).toContain(
      `the update of the service ecp-app-server-1 failed and has stopped (${update}) (early termination of task t1): `,
    );
  });
});

test('tasks are read as docker service ps prints them', () => {
  const text =
    'ecp-app-server-1.1\tReady\tReady less than a second ago\t\n' +
    '\\_ ecp-app-server-1.1\tShutdown\tFailed 2 seconds ago\t"task: non-zero exit (3)"\n';
  expect(readTasks(text)).toEqual([
    { name: 'ecp-app-server-1.1', desired: 'Ready', current: 'Ready', error: '' },
    { name: 'ecp-app-server-1.1', desired: 'Shutdown', current: 'Failed', error: 'task: non-zero exit (3)' },
  ]);
});

test('servers whose delivery is gone are named, each for itself', () => {
  const others = [
    service(),
    service({ server: 'data-server', role: 'data-server' }),
    service({ server: '', role: 'delivery', delivers: 'data-server' }),
  ];
  const what = 'the service that delivers its files is gone, and at its next start it would wait for them';
  expect(lacksDelivery(others)).toEqual([{ server: 'app-server-1', what }]);
  expect(lacksDelivery([...others, service({ server: '', role: 'delivery', delivers: 'app-server' })])).toEqual([]);
});

test('what takes the backups is no server that misses a container or a delivery', () => {
  const backup = service({ name: 'ecp-backup', server: 'data-server', role: 'backup' });
  const dataServer = service({ name: 'ecp-data-server', server: 'data-server', role: 'data-server' });
  const ofDataServers = service({ server: '', role: 'delivery', delivers: 'data-server' });
  expect(lacksDelivery([backup, dataServer, ofDataServers])).toEqual([]);
  expect(unseenAmong([backup, dataServer], [])).toEqual([dataServer]);
});

test.each([
  ['a task that does not run', 'Pending: no suitable node', true, 'it has no running task (Pending: no suitable node)'],
  ['a task on a node that is silent', 'Running', true, 'it runs on a node that does not answer here'],
  ['a task while all nodes answer', 'Running', false, 'it has no container on the nodes (Running)'],
])('a server is not seen: %s', async (_, task, isNodeSilent, what) => {
  expect(await whyUnseen({ server: 'a', task }, undefined, isNodeSilent)).toEqual({ server: 'a', what });
});
