import { runningTasks } from '../../cli/swarm/await-leave';

test('tasks that run on a node are those of the cluster that have not ended', () => {
  const text = [
    'blue-app-server-1.1\tRunning 2 minutes ago',
    ' \\_ blue-app-server-1.1\tShutdown 3 minutes ago',
    'blue-app-server-2.1\tShutdown 1 second ago',
    'green-app-server-1.1\tRunning 2 minutes ago',
    'blue-delivery.x\tRunning 5 minutes ago',
    '',
  ].join('\n');
  expect(runningTasks('blue', text)).toEqual(['blue-app-server-1.1', 'blue-delivery.x']);
  expect(runningTasks('blue', '')).toEqual([]);
});
