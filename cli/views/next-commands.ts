import type { ClusterReport } from '../cluster-report';
import { bold, dim } from '../terminal';

/** What to do with a cluster that is up. */
export function nextCommands({ servers }: ClusterReport): string {
  const appServer = servers.find(({ server }) => server.role === 'app-server')?.server.name ?? '';
  const rows = [
    ['./ecp verify', 'write and read ^demo.ecp through every server'],
    [`./ecp exec ${appServer} session`, 'a session on an application server'],
    ['./ecp logs -f', 'what the servers say'],
    ['npx cdktf diff', 'what a change of the settings would do'],
    ['./ecp down', 'remove the cluster, keep its data'],
  ];
  const width = Math.max(...rows.map(([command = '']) => command.length));
  const lines = rows.map(([command = '', what = '']) => `  ${command.padEnd(width)}  ${dim(what)}`);
  return [`\n${bold('Next')}`, ...lines].join('\n');
}
