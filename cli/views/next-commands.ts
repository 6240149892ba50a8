import type { ClusterReport } from '../cluster-report';
import { bold, dim } from '../terminal';

/** What to do with a cluster that is up. */
export function nextCommands({ servers }: ClusterReport): string {
  const nameOf = (wanted: string): string =>
    servers.find(({ server }) => server.role === wanted)?.server.container ?? '';
  const rows = [
    ['./ecp verify', 'write and read ^demo.ecp through every server'],
    [`docker exec -it ${nameOf('app-server')} ecp-node session`, 'a session on an application server'],
    [`docker logs ${nameOf('data-server')}`, 'what a server says'],
    ['npx cdktf diff', 'what a change of the settings would do'],
    ['./ecp down', 'remove the cluster, keep its data'],
  ];
  const width = Math.max(...rows.map(([command = '']) => command.length));
  const lines = rows.map(([command = '', what = '']) => `  ${command.padEnd(width)}  ${dim(what)}`);
  return [`\n${bold('Next')}`, ...lines].join('\n');
}
