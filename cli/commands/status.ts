import { setTimeout } from 'node:timers/promises';
import { loadSettings } from '../../settings';
import { reportServers, requireServers, type ServerReport } from '../cluster';
import { bold, dim, green, red, table, yellow } from '../terminal';

/** State of a whole cluster. */
export interface ClusterReport {
  readonly cluster: string;
  readonly engine: string;
  readonly servers: readonly ServerReport[];
  /** True when every server is Normal and nothing drifted. */
  readonly ok: boolean;
}

/** Certificates with fewer days left than this are shown as a warning. */
const CERTIFICATE_WARNING_DAYS = 14;

/** Asks every server of the cluster; who deployed it does not matter. */
export async function reportCluster(cluster: string): Promise<ClusterReport> {
  const servers = await reportServers(await requireServers(cluster));
  return {
    cluster,
    engine: servers[0]?.server.facts.Config.Labels['ecp.engine'] ?? 'unknown',
    servers,
    ok: servers.every(server => server.state === 'Normal' && server.drift.length === 0),
  };
}

/** Asks until every server is Normal or the time is over, and returns the last answer; `progress` hears who is waited for. */
export async function awaitNormal(
  cluster: string,
  timeoutSec: number,
  progress: (waiting: string) => void,
): Promise<ClusterReport> {
  const end = Date.now() + timeoutSec * 1000;
  for (;;) {
    const latest = await reportCluster(cluster);
    const waiting = latest.servers.filter(each => each.state !== 'Normal');
    if (waiting.length === 0 || Date.now() > end) return latest;
    progress(waiting.map(each => `${each.server.name} ${each.state}`).join(', '));
    await setTimeout(500);
  }
}

/** `./ecp status`: exit code 0 only when all is Normal. */
export async function status(options: { readonly cluster?: string; readonly json: boolean }): Promise<number> {
  const report = await reportCluster(options.cluster ?? loadSettings(process.env).cluster);
  if (options.json) console.log(JSON.stringify(toJson(report), null, 2));
  else printStatus(report);
  return report.ok ? 0 : 1;
}

/** The report as a table, with a line for everything that is not as it should be. */
export function printStatus(report: ClusterReport): void {
  const note = report.engine === 'rehearsal' ? dim(' (rehearsal engine, not InterSystems IRIS)') : '';
  console.log(`${bold(`Cluster '${report.cluster}'`)}${note}`);
  console.log(
    table(
      ['SERVER', 'ROLE', 'STATE', 'SINCE', 'CERTIFICATE', 'WEB'],
      report.servers.map(each => [
        each.server.name,
        each.server.role.replace('-', ' ').replace('app ', 'application '),
        colourOf(each.state)(each.state),
        each.since.replace(/\.\d+/, ''),
        daysLeft(each.certificateDaysLeft),
        each.webUrl ?? '-',
      ]),
    ),
  );
  for (const each of report.servers) {
    if (each.state !== 'Normal') console.log(`${red('✗')} ${each.server.name}: ${each.reason || each.state}`);
    for (const drift of each.drift)
      console.log(`${yellow('!')} ${each.server.name}: ${drift}; ./ecp up --yes heals it`);
  }
}

function colourOf(state: string): (text: string) => string {
  if (state === 'Normal') return green;
  return state === 'In Progress' || state === 'Recovery' ? yellow : red;
}

function daysLeft(days: number | undefined): string {
  if (days === undefined) return '-';
  const text = `${days} days left`;
  if (days < 0) return red('expired');
  return days < CERTIFICATE_WARNING_DAYS ? yellow(text) : text;
}

function toJson(report: ClusterReport): unknown {
  return {
    ...report,
    servers: report.servers.map(({ server, ...rest }) => ({
      name: server.name,
      role: server.role,
      container: server.container,
      health: server.facts.State.Health?.Status ?? 'none',
      ...rest,
    })),
  };
}
