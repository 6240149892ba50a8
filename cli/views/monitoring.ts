import type { WatcherReport } from '../monitoring/report';
import { visible } from '../terminal';

/** One line on what watches the cluster, and where its pages are. */
export function monitoringLine(watchers: readonly WatcherReport[]): string {
  const each = watchers.map(({ name, webUrl }) => `${visible(name)} ${webUrl ?? 'in the network alone'}`);
  return `Monitoring: ${each.join(', ')}`;
}
