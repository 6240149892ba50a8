import type { Configuration } from '../access/configuration';
import type { ServerReport } from '../access/server-report';
import type { ClusterReport } from '../cluster-report';
import { primaryOf } from '../mirror';
import { visible } from '../terminal';
import { groupMissing, groupServers, type Group } from './groups';
import { SIGNS } from './levels';
import { ROLES, addressOf, inWords, roleOf } from './names';
import { toTheMinute } from './times';

/** Text of one line in a box has at most this many characters. */
const MAXIMUM_CHARACTERS = 120;

/**
 * The report as a Mermaid flowchart, which GitHub draws from a block of the language `mermaid`: networks with their
 * servers, web addresses, databases, and the connections by the names that the servers' documents use.
 */
export function formatMermaid(report: ClusterReport, configurations: readonly Configuration[]): string {
  const dataServers = report.servers.filter(({ server }) => server.role === 'data-server');
  const appServers = report.servers.filter(({ server }) => server.role === 'app-server');
  const arbiters = report.servers.filter(({ server }) => server.role === 'arbiter');
  const boxes = [...groupServers(dataServers), ...groupServers(appServers), ...groupServers(arbiters)].map(
    (group, index) => ({
      id: `server${index + 1}`,
      group,
      configuration: configurationOf(group, configurations),
    }),
  );
  const primary = primaryOf(report.servers)?.server.name;
  const isServing = ({ group }: { readonly group: Group }): boolean => {
    const { role, name } = group.servers[0]!.server;
    return role === 'data-server' && (primary === undefined || name === primary);
  };
  const dataServer =
    boxes.find(isServing) ?? boxes.find(({ group }) => group.servers[0]!.server.role === 'data-server');
  const networks = [...new Set(boxes.map(({ group }) => networkOf(group.servers[0]!)))];
  return [
    'flowchart LR',
    ...networks.flatMap((network, index) => {
      const inside = boxes.filter(({ group }) => networkOf(group.servers[0]!) === network);
      const nodes = inside.map(({ id, group, configuration }) => `${id}[${label(linesOf(group, configuration))}]`);
      if (network === '') return nodes.map(node => `  ${node}`);
      return [
        `  subgraph network${index + 1}[${label([`network ${network}`])}]`,
        ...nodes.map(node => `    ${node}`),
        '  end',
      ];
    }),
    ...boxes.flatMap(({ id, group, configuration }, index) => [
      ...connectionsOf(id, group, dataServer?.id, configuration),
      ...(primary !== undefined && dataServer && id !== dataServer.id ? mirroringOf(id, group, dataServer.id) : []),
      ...databasesOf(id, group, configuration),
      ...webPagesOf(id, `web${index + 1}`, group),
    ]),
    ...refusalsOf(dataServer?.id, dataServers[0]),
    ...groupMissing(report.missing, appServers.length).map((names, index) => {
      const words =
        names.length === 1
          ? [...names, '✗ its container is gone']
          : [`${names.length} servers`, inWords(names), '✗ their containers are gone'];
      return `  gone${index + 1}[${label(words)}]:::bad`;
    }),
    ...STYLES,
    ...boxes.map(({ id, group }) => `  class ${id} ${group.level}`),
    '',
  ].join('\n');
}

const STYLES = [
  '  classDef good fill:#dafbe1,stroke:#1a7f37,color:#0f2d17',
  '  classDef soon fill:#fff8c5,stroke:#9a6700,color:#3b2300',
  '  classDef bad fill:#ffebe9,stroke:#cf222e,color:#4c0610,stroke-width:3px',
];

function configurationOf({ servers }: Group, configurations: readonly Configuration[]): Configuration | undefined {
  return configurations.find(({ servers: names }) => names.includes(servers[0]!.server.name));
}

function networkOf({ server }: ServerReport): string {
  return Object.keys(server.facts.NetworkSettings.Networks).sort()[0] ?? '';
}

function linesOf({ servers, state, level }: Group, configuration: Configuration | undefined): string[] {
  const [first] = servers as readonly [ServerReport];
  const mark = SIGNS[level];
  const mappings = configuration?.mappings ?? [];
  const globals = mappings.map(each => `${each.namespace} ^${each.global} in ${each.database}`);
  if (servers.length > 1) {
    const names = servers.map(({ server }) => server.name);
    return [`${names.length} ${ROLES[first.server.role]}s`, inWords(names), `${mark} ${state}`, ...globals];
  }
  const { server, since, reason, status, drift } = first;
  const others = Object.keys(server.facts.NetworkSettings.Networks).sort().slice(1);
  return [
    server.name,
    roleOf(first),
    `${mark} ${state}`,
    ...(since ? [`since ${toTheMinute(since)}`] : []),
    ...(reason ? [`reason: ${reason}`] : []),
    ...drift.map(each => `drift: ${each}`),
    ...(status
      ? [
          `certificate ${status.certificate.subject}`,
          `until ${status.certificate.notAfter.slice(0, 10)}`,
          `issuer ${status.certificate.issuer}`,
        ]
      : []),
    ...globals,
    ...others.map(each => `also in network ${each}`),
    ...(server.webGateway ? [`web gateway ${server.webGateway.Name.replace(/^\//, '')}`] : []),
  ];
}

function connectionsOf(
  id: string,
  { servers, state }: Group,
  dataServer: string | undefined,
  configuration: Configuration | undefined,
): string[] {
  if (servers[0]!.server.role !== 'app-server') return [];
  const targets = configuration?.ecpServers ?? [];
  const words = targets.map(({ address, port, tls }) => `ECP ${address}:${port} ${tls ? 'TLS' : 'without TLS'}`);
  const arrow = state === 'Normal' ? '==>' : '-.->';
  const text = label([...(words.length > 0 ? words : ['ECP']), state]);
  return [`  ${id} ${arrow}|${text}| ${dataServer ?? `elsewhere([${label(['data server outside this cluster'])}])`}`];
}

/** What leads from the primary of a mirror to its backup, and to the arbiter. */
function mirroringOf(id: string, { servers }: Group, primary: string): string[] {
  const { server, status } = servers[0]!;
  if (server.role === 'arbiter') return [`  ${id} -.- ${primary}`];
  return status?.mirror ? [`  ${primary} -.->|${label([`mirror ${status.mirror.name}`])}| ${id}`] : [];
}

function databasesOf(id: string, { servers }: Group, configuration: Configuration | undefined): string[] {
  if (servers[0]!.server.role !== 'data-server') return [];
  return (configuration?.databases ?? []).map(
    ({ name, directory }, index) =>
      `  ${id} --- ${id}database${index + 1}[(${label([`database ${name}`, directory])})]`,
  );
}

function webPagesOf(id: string, web: string, { servers }: Group): string[] {
  const addresses = servers.flatMap(({ webUrl }) => (webUrl ? [addressOf(webUrl)] : []));
  if (addresses.length === 0) return [];
  const text = addresses.length === 1 ? `web ${addresses[0]}` : `${addresses.length} web pages from ${addresses[0]}`;
  return [`  ${web}([${label([text])}]) -.- ${id}`];
}

function refusalsOf(id: string | undefined, dataServer: ServerReport | undefined): string[] {
  const refused = dataServer?.status?.refused ?? [];
  const last = refused.at(-1);
  if (!id || !last) return [];
  const subject = last.subject === '' ? 'a client without a certificate' : last.subject;
  return [
    `  refused[${label([`${refused.length} refused lately`, `last: ${subject}`, `why: ${last.why}`, toTheMinute(last.at)])}] -.-x ${id}`,
    '  class refused bad',
  ];
}

/** All but characters without a meaning in Mermaid, Markdown and HTML; dots and equal signs have none inside a word. */
const SPECIAL = /(?![A-Za-z0-9 ,/()^-]|(?<=[A-Za-z0-9])[.=](?=[A-Za-z0-9]))./gsu;

/**
 * A quoted label. Two dollar signs in a row would begin a formula. Special characters become numbers, which Mermaid decodes after it has parsed the diagram
 * (https://mermaid.js.org/syntax/flowchart.html, "Entity codes to escape characters").
 */
function label(lines: readonly string[]): string {
  const escaped = lines.map(line =>
    shorten(visible(line).replace(/\$(?=\$)/g, '$ ')).replace(SPECIAL, character => `#${character.codePointAt(0)};`),
  );
  return `"${escaped.join('<br/>')}"`;
}

function shorten(text: string): string {
  const characters = [...text];
  return characters.length <= MAXIMUM_CHARACTERS ? text : `${characters.slice(0, MAXIMUM_CHARACTERS - 1).join('')}…`;
}
