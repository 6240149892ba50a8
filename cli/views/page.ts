import { engineTitle } from '../../contract/engines';
import type { Configuration } from '../access/configuration';
import type { ServerReport } from '../access/server-report';
import { versionOf } from '../access/server-version';
import type { ClusterReport } from '../cluster-report';
import { entryPointAddresses } from './entry-point';
import { labelledTable } from './html-table';
import { SIGNS, daysLeft, levelOf, levelOfState, verdictOf } from './levels';
import { markup, type Content, type Markup } from './markup';
import { addressOf, roleOf } from './names';
import { certificatesSection, certificatesSummary, refusalsSection, refusalsSummary } from './page-access';
import { configurationSection, configurationSummary, mappingsSection, mappingsSummary } from './page-configuration';
import type { Summary } from './summary';
import { PAGE_STYLE } from './page-style';
import { mirrorLine } from './mirror';
import { problemsOf, type Problem } from './problems';
import { ageOf, moment } from './times';
import { NARROW, WIDE, topologySvg } from './topology-svg';

/**
 * The report as one page that needs nothing else: no script, no font, no picture from elsewhere. Its own policy forbids
 * the browser to load or run anything, should a stranger's text ever get through.
 */
export function formatHtml(report: ClusterReport, configurations: readonly Configuration[]): string {
  const bad =
    report.missing.length > 0 ||
    report.servers.length === 0 ||
    (report.entryPoint?.reason ?? '') !== '' ||
    (report.monitoring ?? []).some(({ reason }) => reason !== '') ||
    report.servers.some(each => levelOf(each) === 'bad');
  const level = report.ok ? 'good' : bad ? 'bad' : 'soon';
  const drifted = report.servers.filter(({ drift }) => drift.length > 0).length;
  const expired = report.servers.filter(({ certificateDaysLeft = 0 }) => certificateDaysLeft < 0).length;
  const verdict = [
    verdictOf(report),
    ...(drifted > 0 ? [`${drifted} changed by hand`] : []),
    ...(expired > 0 ? [`${expired} with an expired certificate`] : []),
  ].join(', ');
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>${report.cluster}: ${verdict}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<header>
<h1>ECP cluster ${report.cluster}</h1>
<p class="muted">${capitalize(engineTitle(report.engine))}. As it was on ${moment(report.at.toISOString())}.</p>
<p class="verdict ${level}">${verdict}</p>
</header>
<main>
${problemsSection(problemsOf(report))}
${section('topology', 'Topology', [
  topologySvg(report, configurations, WIDE),
  topologySvg(report, configurations, NARROW),
  markup`<p class="muted">A solid line is a connection that is Normal; a broken line is one that is not.</p>`,
])}
${serversSection(report)}
${mirrorSection(report)}
${entryPointSection(report)}
${monitoringSection(report)}
${nodesSection(report)}
${folded('certificates', 'Certificates', certificatesSummary(report), certificatesSection(report))}
${folded('refused', 'Clients of the data server', refusalsSummary(report), refusalsSection(report))}
${folded('mappings', 'Databases and global mappings', mappingsSummary(configurations), mappingsSection(configurations))}
${folded('configuration', 'Configuration', configurationSummary(report), configurationSection(report))}
</main>
<footer>
<p>Written by <code>./ecp status --html</code>. The page does not refresh itself and holds no key or password.</p>
</footer>
</body>
</html>
`.html;
}

function section(id: string, heading: string, content: Content): Markup {
  return markup`<section aria-labelledby="${id}">
<h2 id="${id}">${heading}</h2>
${content}
</section>`;
}

/** A section that shows a line, and the rest when asked or when something in it is not as it should be. */
function folded(id: string, heading: string, { words, level }: Summary, content: Content): Markup {
  const open = level === 'bad' ? markup` open=""` : undefined;
  return markup`<section aria-labelledby="${id}">
<details${open}>
<summary><h2 id="${id}">${heading}</h2> <span class="${level === 'good' ? 'muted' : level}">${level === 'good' ? '' : `${SIGNS[level]} `}${words}</span></summary>
${content}
</details>
</section>`;
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const KINDS = {
  fault: { level: 'bad', words: '✗ fault' },
  drift: { level: 'soon', words: '! changed by hand' },
  warning: { level: 'soon', words: '! warning' },
} as const;

function problemsSection(problems: readonly Problem[]): Content {
  if (problems.length === 0) return undefined;
  const items = problems.map(({ kind, servers, what }) => {
    const who = servers === '' ? undefined : markup`<strong>${servers}</strong>: `;
    return markup`<li><span class="state ${KINDS[kind].level}">${KINDS[kind].words}</span> <span>${who}${what}</span></li>
`;
  });
  return section('problems', 'To look at', markup`<ul class="problems">${items}</ul>`);
}

function serversSection(report: ClusterReport): Markup {
  const oneVersion = report.versions.length === 1 ? report.versions[0]!.version : undefined;
  const rows = report.servers.map(each => {
    const certificate = daysLeft(each.certificateDaysLeft);
    return [
      each.server.name,
      roleOf(each),
      stateCell(each),
      each.since
        ? markup`<span class="short">${moment(each.since)}</span> <span class="muted short">${ageOf(each.since, report.at)}</span>`
        : '-',
      markup`<span class="short ${certificate.level}">${certificate.words}</span>`,
      webCell(each),
      ...(oneVersion === undefined ? [markup`<span class="short">${versionOf(each.server)}</span>`] : []),
    ];
  });
  const caption = `Each server, what it says of its own state, and since when${oneVersion === undefined ? '' : `; all run ${oneVersion}`}`;
  const columns = ['Server', 'Role', 'State', 'Since', 'Certificate', 'Web page'];
  return section(
    'servers',
    'Servers',
    labelledTable(caption, oneVersion === undefined ? [...columns, 'Version'] : columns, rows),
  );
}

/** Who is the primary of a mirror, and how far its backup is. */
function mirrorSection(report: ClusterReport): Content {
  const line = mirrorLine(report);
  return line === undefined ? undefined : section('mirror', 'Mirror', markup`<p>${line.replace(/^Mirror: /, '')}.</p>`);
}

/** What is before the application servers, and what it does with each. */
function entryPointSection({ entryPoint }: ClusterReport): Content {
  if (!entryPoint) return undefined;
  const rows = entryPoint.servers.map(({ name, state, sessions, check }) => [
    name,
    markup`<span class="state ${state === 'serving' ? 'good' : 'soon'}">${state === 'serving' ? '✓' : '!'} ${state}</span>`,
    String(sessions),
    check || '-',
  ]);
  const { webUrl, reason, container } = entryPoint;
  const where = entryPointAddresses(entryPoint).map(address =>
    address === webUrl ? markup`<a href="${address}" rel="noreferrer">${addressOf(address)}</a> ` : markup`${address} `,
  );
  const caption = 'Each application server, and whether it gets requests';
  return section('entry-point', 'Entry point', [
    markup`<p>${where}<span class="muted">by ${container}${reason === '' ? '' : `: ${reason}`}</span></p>
`,
    labelledTable(caption, ['Server', 'Requests', 'On it now', 'Last check'], rows),
  ]);
}

/** Where the pages of what watches the cluster are. */
function monitoringSection({ monitoring }: ClusterReport): Content {
  if (!monitoring) return undefined;
  const rows = monitoring.map(({ name, webUrl, container, reason }) => [
    name,
    webUrl === undefined ? '-' : markup`<a href="${webUrl}" rel="noreferrer">${addressOf(webUrl)}</a>`,
    container,
    markup`<span class="state ${reason === '' ? 'good' : 'bad'}">${reason === '' ? '✓ runs' : `✗ ${reason}`}</span>`,
  ]);
  const caption = 'What watches the servers and raises alerts';
  return section('monitoring', 'Monitoring', labelledTable(caption, ['Name', 'Page', 'Container', 'State'], rows));
}

/** The machines, where there are several, and which servers each of them runs. */
function nodesSection({ nodes, servers }: ClusterReport): Content {
  if (nodes.length === 0) return undefined;
  const rows = nodes.map(({ name, status, availability, manager }) => [
    name,
    markup`<span class="state ${status === 'Ready' ? 'good' : 'bad'}">${status === 'Ready' ? '✓' : '✗'} ${status}</span>`,
    availability || '-',
    manager || '-',
    servers
      .filter(({ server }) => server.facts.endpoint?.node === name)
      .map(({ server }) => server.name)
      .join(', ') || '-',
  ]);
  const columns = ['Machine', 'Status', 'Availability', 'Manager', 'Servers'];
  return section('machines', 'Machines', labelledTable('Each machine, and the servers that run there', columns, rows));
}

function stateCell({ state, drift }: ServerReport): Markup {
  const changed = drift.length > 0 ? markup` <span class="state soon">! changed</span>` : undefined;
  return markup`<span><span class="state ${levelOfState(state)}">${state === 'Normal' ? '✓' : '✗'} ${state}</span>${changed}</span>`;
}

function webCell({ webUrl, server }: ServerReport): Content {
  const gateway =
    server.webGateway && markup`<br><span class="muted">by ${server.webGateway.Name.replace(/^\//, '')}</span>`;
  if (webUrl === undefined) return markup`<span>-${gateway}</span>`;
  return markup`<span><a class="short" href="${webUrl}" rel="noreferrer">${addressOf(webUrl)}</a>${gateway}</span>`;
}
