import type { Sample } from '../measurement';
import { escape, round, svgDocument } from './svg';
import { throughputShares } from './targets';

const BAR = { width: 34, gap: 10, height: 180, top: 34, left: 44, bottom: 44 } as const;

/** A bar for each action and number of servers: throughput with mutual TLS in percent of that without, and the line to reach. */
export function sharePlot(samples: readonly Sample[]): string {
  const shares = throughputShares(samples);
  const highest = Math.max(100, ...shares.map(({ percent }) => percent));
  const y = (percent: number): number => round(BAR.top + (1 - percent / highest) * (BAR.height - BAR.top));
  const width = BAR.left + Math.max(shares.length * (BAR.width + BAR.gap), 440) + BAR.gap;
  const bars = shares.map(({ action, servers, percent }, index) => {
    const x = BAR.left + BAR.gap + index * (BAR.width + BAR.gap);
    const middle = x + BAR.width / 2;
    const height = round(BAR.height - y(percent));
    return [
      `<rect x="${x}" y="${y(percent)}" width="${BAR.width}" height="${height}" fill="#0969da"/>`,
      `<text x="${middle}" y="${y(percent) - 4}" text-anchor="middle">${percent.toFixed(0)}</text>`,
      `<text x="${middle}" y="${BAR.height + 16}" text-anchor="middle">${escape(action)}</text>`,
      `<text x="${middle}" y="${BAR.height + 32}" text-anchor="middle">${servers}</text>`,
    ].join('');
  });
  const tickLine = (tick: number): string =>
    `<line class="${tick === 80 ? 'goal' : 'grid'}" x1="${BAR.left}" x2="${width - BAR.gap}" y1="${y(tick)}" y2="${y(tick)}"/>` +
    `<text x="${BAR.left - 6}" y="${y(tick) + 4}" text-anchor="end">${tick}</text>`;
  return svgDocument(width, BAR.height + BAR.bottom, 'Throughput with mutual TLS in percent of that without', [
    '<text class="title" x="10" y="18">With mutual TLS, in percent of without; below: application servers</text>',
    ...[0, 50, 80, 100].map(tickLine),
    ...bars,
  ]);
}
