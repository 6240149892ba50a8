import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Configuration } from '../../cli/access/configuration';
import type { NodeStatus } from '../../cli/access/node-status';
import type { ServerReport } from '../../cli/access/server-report';
import { toClusterReport, type ClusterReport, type NodeReport } from '../../cli/cluster-report';

/** What a view is given. */
export interface Recorded {
  readonly report: ClusterReport;
  readonly configurations: readonly Configuration[];
}

interface File {
  readonly at: string;
  readonly servers: readonly ServerReport[];
  readonly configurations: readonly Configuration[];
  readonly nodes?: readonly NodeReport[];
}

/**
 * A report that a cluster of the rehearsal engine gave: healthy after it refused a client; broken, its data server paused; or on a swarm of
 * three machines.
 */
export function recorded(name: 'healthy' | 'broken' | 'machines'): Recorded {
  const path = join(__dirname, '..', 'fixtures', `status-${name}.json`);
  const { at, servers, configurations, nodes } = JSON.parse(readFileSync(path, 'utf8')) as File;
  return { report: toClusterReport('ecp', servers, new Date(at), [], true, nodes), configurations };
}

/** The healthy cluster with its report changed. */
export function withServers(change: (servers: readonly ServerReport[]) => readonly ServerReport[]): Recorded {
  const { report, configurations } = recorded('healthy');
  return { report: toClusterReport('ecp', change(report.servers), report.at), configurations };
}

/** The healthy cluster whose data server says something else. */
export function withStatus(change: Partial<NodeStatus>): Recorded {
  return withServers(([first, ...others]) => [{ ...first!, status: { ...first!.status!, ...change } }, ...others]);
}

/** A data server and so many application servers; those whose number `isBad` are in Trouble. */
export function crowd(appServers: number, isBad: (number: number) => boolean): Recorded {
  const { configurations, report } = recorded('healthy');
  const [dataServer, sample] = report.servers as readonly [ServerReport, ServerReport];
  const servers = Array.from({ length: appServers }, (_, index): ServerReport => {
    const name = `app-server-${index + 1}`;
    const state = isBad(index + 1) ? { state: 'Trouble', reason: 'no answer from data-server:1972' } : {};
    return { ...sample, ...state, server: { ...sample.server, name, container: `ecp-${name}` } };
  });
  const names = servers.map(({ server }) => server.name);
  return {
    report: toClusterReport('ecp', [dataServer, ...servers], report.at),
    configurations: [configurations[0]!, { ...configurations[1]!, servers: names }],
  };
}
