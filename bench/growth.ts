import type { Part, Sample } from './measurement';
import { choose, distinct, summaryOf } from './statistics';

/** How a value grows with the number of application servers: a straight line, and where it stops to be one. */
export interface Growth {
  readonly part: Part;
  readonly subject: string;
  readonly action: string;
  readonly quantity: string;
  /** Value of the line at no application server. */
  readonly base: number;
  /** What one more application server adds. */
  readonly perServer: number;
  /** Share of the variation that the line explains, from 0 to 1. */
  readonly rSquared: number;
  /** First number of servers after which each one adds more than one and a half times what it added before, or less than two thirds. */
  readonly bendsAt?: number;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

const BEND = 1.5;

/** The least squares' line through the medians of everything that was measured with three numbers of servers or more. */
export function growthOf(samples: readonly Sample[]): Growth[] {
  const series = new Map<string, Sample>();
  for (const sample of samples)
    series.set([sample.part, sample.subject, sample.action, sample.quantity].join('\n'), sample);
  return [...series.values()].flatMap(({ part, subject, action, quantity }) => {
    const choice = { part, subject, action, quantity };
    const points = distinct(choose(samples, choice), 'servers')
      .sort((a, b) => a - b)
      .map(servers => ({ x: servers, y: summaryOf(samples, { ...choice, servers })!.median }));
    return points.length < 3 ? [] : [{ ...choice, ...fit(points), bendsAt: bendOf(points) }];
  });
}

/** The line with the least squared distance. */
export function fit(points: readonly Point[]): Pick<Growth, 'base' | 'perServer' | 'rSquared'> {
  const mean = (of: (point: Point) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const x = mean(point => point.x);
  const y = mean(point => point.y);
  const perServer = mean(point => (point.x - x) * (point.y - y)) / mean(point => (point.x - x) ** 2);
  const base = y - perServer * x;
  const variation = mean(point => (point.y - y) ** 2);
  const left = mean(point => (point.y - base - perServer * point.x) ** 2);
  return { base, perServer, rSquared: variation === 0 ? 1 : 1 - left / variation };
}

/** @returns the number of servers where the slope changes by more than half, or undefined of a straight line */
export function bendOf(points: readonly Point[]): number | undefined {
  for (let index = 2; index < points.length; index++) {
    const [first, middle, last] = points.slice(index - 2, index + 1) as [Point, Point, Point];
    const before = (middle.y - first.y) / (middle.x - first.x);
    const after = (last.y - middle.y) / (last.x - middle.x);
    // What hardly grows at all has slopes of noise.
    if (Math.max(Math.abs(before), Math.abs(after)) * (last.x - first.x) < Math.abs(middle.y) / 4) continue;
    const ratio = after / before;
    if (ratio > BEND || ratio < 1 / BEND) return middle.x;
  }
  return undefined;
}
