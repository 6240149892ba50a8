import { DATA_SERVER_NAME } from '../../contract/contract';
import type { Configuration } from '../access/configuration';
import type { ServerReport } from '../access/server-report';
import type { ClusterReport } from '../cluster-report';
import { primaryOf } from '../mirror';
import { groupMissing, groupServers, type Group } from './groups';
import { SIGNS, levelOf, verdictOf, type Level } from './levels';
import { markup, type Markup } from './markup';
import { ROLES, inWords, roleOf } from './names';

/** Sizes of a picture, in pixels at its natural width. */
export interface PictureSize {
  readonly name: 'wide' | 'narrow';
  readonly width: number;
  readonly columns: number;
  /** Up to so many application servers are drawn below each other, with room for details. */
  readonly oneColumnUpTo: number;
}

export const WIDE: PictureSize = { name: 'wide', width: 960, columns: 4, oneColumnUpTo: 1 };
/** For a phone: the text keeps its size at a width of 360 px. */
export const NARROW: PictureSize = { name: 'narrow', width: 320, columns: 2, oneColumnUpTo: 4 };

/** Boxes that are narrower show name and state only. */
const WIDTH_FOR_DETAILS = 170;

const LINE = 18;
const GAP = 14;
const MARGIN = 30;

interface Box {
  readonly name: string;
  readonly state: string;
  readonly level: Level;
  readonly details: readonly string[];
}

/** The data server above, the application servers below it, each with its connection; the page's style sheet colours it. */
export function topologySvg(
  report: ClusterReport,
  configurations: readonly Configuration[],
  { name, width, columns, oneColumnUpTo }: PictureSize,
): Markup {
  const members = report.servers.filter(({ server }) => server.role === 'data-server');
  const primary = primaryOf(report.servers)?.server.name;
  // The primary of a mirror above; what serves no application server beside those.
  const dataServers = [...members].sort(
    (a, b) => Number(b.server.name === primary) - Number(a.server.name === primary),
  );
  const beside = [...dataServers.slice(1), ...report.servers.filter(({ server }) => server.role === 'arbiter')];
  const gone = (server: string): Box => ({ name: server, state: 'its container is gone', level: 'bad', details: [] });
  const goneTogether = (names: readonly string[]): Box =>
    names.length === 1
      ? gone(names[0]!)
      : {
          name: `${names.length} ${ROLES['app-server']}s`,
          state: 'their containers are gone',
          level: 'bad',
          details: [inWords(names)],
        };
  const isGone = report.missing.includes(DATA_SERVER_NAME);
  const dataServer = dataServers[0]
    ? dataServerBox(dataServers[0], configurations)
    : isGone
      ? gone(DATA_SERVER_NAME)
      : ELSEWHERE;
  const appServers = report.servers.filter(({ server }) => server.role === 'app-server');
  const missing = report.missing.filter(server => server !== DATA_SERVER_NAME);
  const apps = [
    ...groupMissing(missing, appServers.length).map(goneTogether),
    ...groupServers(appServers).map(appServerBox),
    ...beside.map(each => ({ ...appServerBox(groupServers([each])[0]!), details: [roleOf(each), ...detailsOf(each)] })),
  ];
  const perRow = apps.length <= oneColumnUpTo ? 1 : Math.min(columns, apps.length);
  const boxWidth = Math.min(240, (width - 2 * MARGIN - (perRow - 1) * GAP) / perRow);
  const shown = boxWidth < WIDTH_FOR_DETAILS ? apps.map(each => ({ ...each, details: [] })) : apps;
  const left = (width - perRow * boxWidth - (perRow - 1) * GAP) / 2;
  const top = { width: Math.min(380, width - 2 * MARGIN), y: 44 };
  const topHeight = heightOf(dataServer);
  const rowHeight = Math.max(0, ...shown.map(heightOf));
  const rows = Math.ceil(apps.length / perRow);
  const railOf = (row: number): number => top.y + topHeight + 28 + row * (rowHeight + 46);
  const centreOf = (column: number): number => left + column * (boxWidth + GAP) + boxWidth / 2;
  const height = (rows > 0 ? railOf(rows - 1) + 22 + rowHeight : top.y + topHeight) + 22;
  const trunk = 18;
  const rails = Array.from({ length: rows }, (_, row) => {
    const last = centreOf(Math.min(perRow, apps.length - row * perRow) - 1);
    const from = rows > 1 ? trunk : Math.min(centreOf(0), width / 2);
    return markup`<path class="rail" d="M${from} ${railOf(row)}H${row === 0 ? Math.max(last, width / 2) : last}"/>`;
  });
  return markup`<svg class="${name}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="topology-${name}">
<title id="topology-${name}">${describe(report, apps.length)}</title>
<rect class="network" x="4" y="4" width="${width - 8}" height="${height - 8}" rx="12"/>
<text class="small" x="18" y="27">${cut(networkWords(report), width - 36, 6.4)}</text>
${rows > 0 ? markup`<path class="rail" d="M${width / 2} ${top.y + topHeight}V${railOf(0)}"/>` : undefined}
${rows > 1 ? markup`<path class="rail" d="M${trunk} ${railOf(0)}V${railOf(rows - 1)}"/>` : undefined}
${rails}
${shown.map((app, index) => {
  const rail = railOf(Math.floor(index / perRow));
  const centre = centreOf(index % perRow);
  return [
    markup`<path class="wire ${app.level}" d="M${centre} ${rail}V${rail + 22}"/>`,
    drawBox(app, centre - boxWidth / 2, rail + 22, boxWidth, rowHeight),
  ];
})}
${drawBox(dataServer, (width - top.width) / 2, top.y, top.width, topHeight)}
</svg>`;
}

const ELSEWHERE: Box = { name: 'data server', state: 'outside this cluster', level: 'soon', details: [] };

function dataServerBox(each: ServerReport, configurations: readonly Configuration[]): Box {
  const { server, state, status } = each;
  const own = configurations.find(({ servers }) => servers.includes(server.name));
  return {
    ...appServerBox({ servers: [each], state, level: levelOf(each) }),
    details: [
      ...detailsOf(each),
      ...(own?.databases ?? []).map(({ name, directory }) => `database ${name} in ${directory}`),
      ...(status ? [`${count(status.peers.length, 'client')} connected, ${status.refused.length} refused lately`] : []),
    ],
  };
}

function appServerBox({ servers, state, level }: Group): Box {
  const names = servers.map(({ server }) => server.name);
  if (names.length === 1) return { name: names[0]!, state, level, details: detailsOf(servers[0]!) };
  return {
    name: `${names.length} ${ROLES[servers[0]!.server.role]}s`,
    state,
    level,
    details: [inWords(names)],
  };
}

/** What the table below has of each server is not said twice. */
function detailsOf({ drift }: ServerReport): string[] {
  return drift.length > 0 ? ['changed by hand'] : [];
}

function heightOf({ details }: Box): number {
  return 16 + LINE * (2 + details.length);
}

function drawBox({ name, state, level, details }: Box, x: number, y: number, width: number, height: number): Markup {
  const room = width - 22;
  const text = x + 12;
  return markup`<rect class="box ${level}" x="${x}" y="${y}" width="${width}" height="${height}" rx="8"/>
<text class="name" x="${text}" y="${y + 22}">${cut(name, room, 8.2)}</text>
<text class="${level}" x="${text}" y="${y + 22 + LINE}">${SIGNS[level]} ${cut(state, room - 14, 7.4)}</text>
${details.map((line, index) => markup`<text class="small" x="${text}" y="${y + 22 + LINE * (index + 2)}">${cut(line, room, 6.6)}</text>`)}`;
}

/** SVG does not break lines; the page's tables have what is left out. */
function cut(text: string, room: number, characterWidth: number): string {
  const characters = [...text];
  const limit = Math.floor(room / characterWidth);
  return characters.length <= limit ? text : `${characters.slice(0, limit - 1).join('')}…`;
}

function networkWords({ servers }: ClusterReport): string {
  const names = [
    ...new Set(servers.flatMap(({ server }) => Object.keys(server.facts.NetworkSettings.Networks))),
  ].sort();
  return names.length === 0 ? 'no network' : `${names.length === 1 ? 'network' : 'networks'} ${names.join(', ')}`;
}

function describe(report: ClusterReport, boxes: number): string {
  const picture = boxes === 0 ? 'no application server' : 'the application servers below their data server';
  return `Topology of cluster ${report.cluster}: ${picture}. ${verdictOf(report)}. The tables of this page say the same.`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
