import type { Configuration } from '../access/configuration';
import { versionOf } from '../access/server-version';
import type { ClusterReport } from '../cluster-report';

/** The report for programs. */
export function formatJson(report: ClusterReport, configurations: readonly Configuration[]): string {
  const servers = report.servers.map(({ server, certificateDaysLeft, ...rest }) => ({
    name: server.name,
    role: server.role,
    container: server.container,
    node: server.facts.endpoint?.node,
    version: versionOf(server),
    health: server.facts.State.Health?.Status ?? 'none',
    networks: Object.keys(server.facts.NetworkSettings.Networks).sort(),
    ...rest,
    // Whole days: a stream has a line for what changes.
    certificateDaysLeft: certificateDaysLeft === undefined ? undefined : Math.floor(certificateDaysLeft),
  }));
  return JSON.stringify({ ...report, servers, configurations }, null, 2);
}
