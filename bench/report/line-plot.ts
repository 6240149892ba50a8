import type { Sample } from '../measurement';
import { choose, distinct, summaryOf } from '../statistics';
import { escape, round, svgDocument } from './svg';

/** One diagram of a plot; its samples are all of one quantity. */
export interface Panel {
  readonly title: string;
  readonly samples: readonly Sample[];
}

const COLOURS: Readonly<Record<string, string>> = {
  './ecp': '#0969da',
  cdktf: '#bf8700',
  terraform: '#8250df',
  'docker compose': '#1a7f37',
};
const OTHERS = Object.values(COLOURS);

const PANEL = { width: 300, height: 190, left: 44, top: 34, right: 14, bottom: 30 } as const;
const GAP = 10;
const LEGEND = 180;

/** Panels over the number of application servers, in each a line for each subject, with whiskers from least to most. */
export function linePlot(title: string, given: readonly Panel[]): string {
  const panels = given.filter(({ samples }) => samples.length > 0);
  const subjects = distinct(
    panels.flatMap(({ samples }) => samples),
    'subject',
  );
  const columns = Math.min(3, Math.max(1, panels.length));
  const legendTop = Math.ceil(panels.length / columns) * (PANEL.height + GAP);
  const diagrams = panels.map((panel, index) => {
    const x = (index % columns) * (PANEL.width + GAP);
    const y = Math.floor(index / columns) * (PANEL.height + GAP);
    return `<g transform="translate(${x} ${y})">${diagram(panel, subjects)}</g>`;
  });
  const legend = subjects.map((subject, index) => {
    const at = `translate(${PANEL.left + index * LEGEND} ${legendTop + 14})`;
    const line = `<line x2="24" stroke="${colourOf(subject, index)}" stroke-width="3"/>`;
    return `<g transform="${at}">${line}<text x="30" y="4">${escape(subject)}</text></g>`;
  });
  const width = Math.max(columns * (PANEL.width + GAP), PANEL.left + subjects.length * LEGEND);
  return svgDocument(width, legendTop + 32, title, [...diagrams, ...legend]);
}

function diagram({ title, samples }: Panel, subjects: readonly string[]): string {
  const sizes = distinct(samples, 'servers').sort((a, b) => a - b);
  const most = Math.max(...samples.map(({ value }) => value));
  const { width, height, left, top, right, bottom } = PANEL;
  const step = niceStep(Math.max(most, 0.001) / 4);
  const highest = Math.ceil(most / step) * step;
  const widest = sizes.at(-1) ?? 1;
  const x = (servers: number): number => round(left + (servers / widest) * (width - left - right));
  const y = (value: number): number => round(height - bottom - (value / highest) * (height - top - bottom));
  const ticks = Array.from({ length: Math.round(highest / step) + 1 }, (_, index) => index * step);
  const tickLine = (tick: number): string =>
    `<line class="grid" x1="${left}" x2="${width - right}" y1="${y(tick)}" y2="${y(tick)}"/>` +
    `<text x="${left - 6}" y="${y(tick) + 4}" text-anchor="end">${Number(tick.toPrecision(3))}</text>`;
  return [
    `<text class="title" x="${left}" y="20">${escape(title)}</text>`,
    ...ticks.map(tickLine),
    `<path class="axis" d="M${left} ${top}V${height - bottom}H${width - right}"/>`,
    ...sizes.map(servers => `<text x="${x(servers)}" y="${height - 12}" text-anchor="middle">${servers}</text>`),
    ...subjects.map((subject, index) => line(choose(samples, { subject }), sizes, colourOf(subject, index), x, y)),
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

/** The least of 1, 2 and 5 with a power of ten that is not smaller. */
export function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5, 10].find(factor => factor * power >= least) ?? 10);
}

function colourOf(subject: string, index: number): string {
  return COLOURS[subject] ?? OTHERS[index % OTHERS.length]!;
}
