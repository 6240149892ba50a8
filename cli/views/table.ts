import { engineTitle } from '../../contract/engines';
import type { ServerReport } from '../access/server-report';
import type { ClusterReport } from '../cluster-report';
import { bold, dim, green, red, visible, yellow } from '../terminal';
import { columnsOf, table, wrapped } from '../columns';
import { backupLine, backupOf } from './backup';
import { entryPointLine } from './entry-point';
import { daysLeft, levelOf, levelOfState, verdictOf, type Level } from './levels';
import { mirrorLine } from './mirror';
import { monitoringLine } from './monitoring';
import { roleOf } from './names';
import { problemsOf, type Problem } from './problems';

/** What a text may take of a screen. */
export interface Room {
  readonly lines: number;
  readonly columns: number;
}

/** Clusters with more servers than this get a line that counts them. */
const COUNTED_FROM = 20;

const PAINT: Readonly<Record<Level, (text: string) => string>> = { good: green, soon: yellow, bad: red };

/**
 * The report as a table, with a line for everything that is not as it should be.
 *
 * @param room With fewer lines than that takes, servers that are as they should be are left out first, then problems, and counted; with fewer
 * columns cells are cut, and sentences go on below.
 */
export function formatTable(
  report: ClusterReport,
  { lines: maximumLines = Infinity, columns = columnsOf(process.stdout) }: Partial<Room> = {},
): string {
  const { servers } = report;
  const backup = backupOf(report);
  const note = dim(` (${visible(engineTitle(report.engine))})`);
  const count = servers.length > COUNTED_FROM ? [`${verdictOf(report)}.`] : [];
  const problems = cut(
    problemsOf(report).map(each => lineOf(each, report.deployedHere)),
    Math.max(maximumLines / 3, maximumLines - servers.length - count.length - 2),
  );
  const versions = versionLine(report);
  const mirror = mirrorLine(report);
  const further = [
    ...(mirror === undefined ? [] : [mirror]),
    ...(backup ? [backupLine(backup, report.at)] : []),
    ...(report.entryPoint ? [entryPointLine(report.entryPoint)] : []),
    ...(report.monitoring ? [monitoringLine(report.monitoring)] : []),
  ];
  const room = maximumLines - problems.length - count.length - versions.length - further.length - 2;
  const rows = servers.length <= room ? servers : worstOf(servers, room - 1);
  const left = servers.length - rows.length;
  return [
    `${bold(`Cluster '${report.cluster}'`)}${note}`,
    table(
      ['SERVER', 'ROLE', 'STATE', 'SINCE', 'CERTIFICATE', report.nodes.length > 0 ? 'NODE' : 'WEB'],
      rows.map(each => cellsOf(each, report.nodes.length > 0)),
      columns,
    ),
    ...nodeLines(report.nodes, columns),
    ...versions,
    ...further,
    ...(left > 0 ? [dim(`… and ${left} more servers`)] : []),
    ...count,
    ...problems,
  ]
    .join('\n')
    .split('\n')
    .flatMap(line => wrapped(line, columns))
    .join('\n');
}

/** What all servers run; where they differ, a warning says so. */
function versionLine({ versions }: ClusterReport): string[] {
  return versions.length === 1 ? [dim(`Version: ${visible(versions[0]!.version)} on all servers`)] : [];
}

/** The machines, below the servers. */
function nodeLines(nodes: ClusterReport['nodes'], columns: number): string[] {
  if (nodes.length === 0) return [];
  const rows = nodes.map(({ name, status, availability, manager }) => [
    name,
    status === 'Ready' ? green(status) : red(visible(status)),
    availability === 'Active' || availability === '' ? availability : yellow(visible(availability)),
    manager,
  ]);
  return ['', table(['NODE', 'STATUS', 'AVAILABILITY', 'MANAGER'], rows, columns)];
}

function cellsOf(each: ServerReport, withNode: boolean): string[] {
  const certificate = daysLeft(each.certificateDaysLeft);
  return [
    each.server.name,
    roleOf(each),
    PAINT[levelOfState(each.state)](visible(each.state)),
    visible(each.since.replace(/\.\d+/, '')) || '-',
    certificate.level === 'good' ? certificate.words : PAINT[certificate.level](certificate.words),
    withNode ? (each.server.facts.endpoint?.node ?? 'this host') : (each.webUrl ?? '-'),
  ];
}

function worstOf(servers: readonly ServerReport[], room: number): ServerReport[] {
  const bad = servers.filter(isBad);
  const chosen = new Set([...bad, ...servers.filter(each => !isBad(each))].slice(0, Math.max(0, room)));
  return servers.filter(each => chosen.has(each));
}

function isBad(each: ServerReport): boolean {
  return levelOf(each) !== 'good';
}

function cut(lines: readonly string[], room: number): string[] {
  if (lines.length <= room) return [...lines];
  const shown = Math.max(0, Math.floor(room) - 1);
  return [...lines.slice(0, shown), dim(`… and ${lines.length - shown} more problems`)];
}

function lineOf({ kind, servers, what }: Problem, deployedHere: boolean): string {
  if (kind === 'warning') return `${yellow('!')} ${what}`;
  return kind === 'fault'
    ? `${red('✗')} ${servers}: ${what}`
    : `${yellow('!')} ${servers}: ${what}; ${deployedHere ? './ecp up --yes heals it' : 'deploy its own stack again'}`;
}
