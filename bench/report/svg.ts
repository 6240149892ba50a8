import type { Sample } from '../measurement';
import { choose, distinct, summaryOf } from '../statistics';
import { throughputShares } from './targets';

/** Its own background, so that it reads the same on a light and on a dark page. */
const STYLE = `<style>
  text { font: 12px system-ui, sans-serif; fill: #24292f }
  .title { font-weight: 600; font-size: 14px }
  .axis { stroke: #8c959f; fill: none }
  .grid { stroke: #eaeef2 }
  .goal { stroke: #cf222e; stroke-dasharray: 5 4 }
</style>`;

const COLOURS: Readonly<Record<string, string>> = {
  './ecp': '#0969da',
  cdktf: '#bf8700',
  terraform: '#8250df',
  'docker compose': '#1a7f37',
};
const OTHER = '#57606a';

const PANEL = { width: 300, height: 190, left: 44, top: 34, right: 14, bottom: 30 } as const;
const GAP = 10;
const LEGEND = 150;

/** One panel for each action: seconds over the number of application servers, a line for each tool, whiskers from least to most. */
export function operationsSvg(samples: readonly Sample[]): string {
  const own = choose(samples, { part: 'operations', quantity: 'wallSec' });
  const actions = distinct(own, 'action').filter(action => action !== 'plan');
  const tools = distinct(own, 'subject');
  const columns = Math.min(3, actions.length);
  const rows = Math.ceil(actions.length / columns);
  const legendTop = rows * (PANEL.height + GAP);
  const panels = actions.map((action, index) => {
    const x = (index % columns) * (PANEL.width + GAP);
    const y = Math.floor(index / columns) * (PANEL.height + GAP);
    return `<g transform="translate(${x} ${y})">${panel(choose(own, { action }), `${action}, s`, tools)}</g>`;
  });
  const legend = tools.map(
    (tool, index) =>
      `<g transform="translate(${PANEL.left + index * LEGEND} ${legendTop + 14})"><line x2="24" stroke="${colourOf(tool)}" stroke-width="3"/><text x="30" y="4">${escape(tool)}</text></g>`,
  );
  const width = Math.max(columns * (PANEL.width + GAP), PANEL.left + tools.length * LEGEND);
  return document(
    width,
    legendTop + 32,
    'Seconds until all servers are Normal, over the number of application servers',
    [...panels, ...legend],
  );
}

function panel(samples: readonly Sample[], title: string, tools: readonly string[]): string {
  const sizes = distinct(samples, 'servers').sort((a, b) => a - b);
  const most = Math.max(...samples.map(({ value }) => value));
  const { width, height, left, top, right, bottom } = PANEL;
  const step = niceStep(Math.max(most, 0.001) / 4);
  const highest = Math.ceil(most / step) * step;
  const widest = sizes.at(-1) ?? 1;
  const x = (servers: number): number => round(left + (servers / widest) * (width - left - right));
  const y = (value: number): number => round(height - bottom - (value / highest) * (height - top - bottom));
  const ticks = Array.from({ length: Math.round(highest / step) + 1 }, (_, index) => index * step);
  return [
    `<text class="title" x="${left}" y="20">${escape(title)}</text>`,
    ...ticks.map(
      tick =>
        `<line class="grid" x1="${left}" x2="${width - right}" y1="${y(tick)}" y2="${y(tick)}"/><text x="${left - 6}" y="${y(tick) + 4}" text-anchor="end">${Number(tick.toPrecision(3))}</text>`,
    ),
    `<path class="axis" d="M${left} ${top}V${height - bottom}H${width - right}"/>`,
    ...sizes.map(servers => `<text x="${x(servers)}" y="${height - 12}" text-anchor="middle">${servers}</text>`),
    ...tools.map(tool => line(choose(samples, { subject: tool }), sizes, colourOf(tool), x, y)),
  ].join('\n');
}

function line(
  samples: readonly Sample[],
  sizes: readonly number[],
  colour: string,
  x: (servers: number) => number,
  y: (value: number) => number,
): string {
  const points = sizes.flatMap(servers => {
    const found = summaryOf(samples, { servers });
    return found ? [{ at: x(servers), ...found }] : [];
  });
  if (points.length === 0) return '';
  const path = points.map(({ at, median }, index) => `${index === 0 ? 'M' : 'L'}${at} ${y(median)}`).join('');
  const marks = points.map(
    ({ at, median, min, max }) =>
      `<path d="M${at} ${y(min)}V${y(max)}"/><circle cx="${at}" cy="${y(median)}" r="2.5"/>`,
  );
  return `<g stroke="${colour}" fill="none" stroke-width="2"><path d="${path}"/>${marks.join('')}</g>`;
}

const BAR = { width: 34, gap: 10, height: 180, top: 34, left: 44, bottom: 44 } as const;

/** A bar for each action and number of servers: throughput with mutual TLS in percent of that without, and the line to reach. */
export function engineSvg(samples: readonly Sample[]): string {
  const shares = throughputShares(samples);
  const highest = Math.max(100, ...shares.map(({ percent }) => percent));
  const y = (percent: number): number => round(BAR.top + (1 - percent / highest) * (BAR.height - BAR.top));
  const width = BAR.left + Math.max(shares.length * (BAR.width + BAR.gap), 440) + BAR.gap;
  const bars = shares.map(({ action, servers, percent }, index) => {
    const x = BAR.left + BAR.gap + index * (BAR.width + BAR.gap);
    const middle = x + BAR.width / 2;
    return [
      `<rect x="${x}" y="${y(percent)}" width="${BAR.width}" height="${round(BAR.height - y(percent))}" fill="#0969da"/>`,
      `<text x="${middle}" y="${y(percent) - 4}" text-anchor="middle">${percent.toFixed(0)}</text>`,
      `<text x="${middle}" y="${BAR.height + 16}" text-anchor="middle">${escape(action)}</text>`,
      `<text x="${middle}" y="${BAR.height + 32}" text-anchor="middle">${servers}</text>`,
    ].join('');
  });
  return document(width, BAR.height + BAR.bottom, 'Throughput with mutual TLS in percent of that without', [
    '<text class="title" x="10" y="18">With mutual TLS, in percent of without; below: application servers</text>',
    ...[0, 50, 80, 100].map(
      tick =>
        `<line class="${tick === 80 ? 'goal' : 'grid'}" x1="${BAR.left}" x2="${width - BAR.gap}" y1="${y(tick)}" y2="${y(tick)}"/><text x="${BAR.left - 6}" y="${y(tick) + 4}" text-anchor="end">${tick}</text>`,
    ),
    ...bars,
  ]);
}

function document(width: number, height: number, title: string, parts: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escape(title)}</title>`,
    STYLE,
    `<rect width="${width}" height="${height}" rx="6" fill="#ffffff"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

/** The least of 1, 2 and 5 with a power of ten that is not smaller. */
export function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5, 10].find(factor => factor * power >= least) ?? 10);
}

function colourOf(tool: string): string {
  return COLOURS[tool] ?? OTHER;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
