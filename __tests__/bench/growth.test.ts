import { bendOf, fit, growthOf } from '../../bench/growth';
import { deploys, speeds } from './samples';

/** Points at 2, 10, 25 and 50 servers. */
const at = (...values: number[]) => values.map((y, index) => ({ x: [2, 10, 25, 50][index] ?? NaN, y }));

describe('the line', () => {
  it('is found exactly where there is one', () => {
    expect(fit(at(7, 23, 53, 103))).toEqual({ base: 3, perServer: 2, rSquared: 1 });
    expect(fit(at(4, 4, 4))).toEqual({ base: 4, perServer: 0, rSquared: 1 });
  });

  it('explains nothing of values that go up and down alike, and much of a line with some noise', () => {
    const noise = [1, 2, 3, 4, 5].map(x => ({ x, y: x % 2 }));
    expect(fit(noise).perServer).toBeCloseTo(0);
    expect(fit(noise).rSquared).toBeCloseTo(0);
    const { base, perServer, rSquared } = fit([0, 1, 2, 3].map(x => ({ x, y: x + (x % 2) })));
    expect([base, perServer, rSquared].map(value => value.toFixed(2))).toEqual(['0.20', '1.20', '0.90']);
  });
});

describe('a bend', () => {
  it.each([
    ['a straight line', at(7, 23, 53, 103), undefined],
    ['a slope that grows by less than half', at(10, 18, 40, 77), undefined],
    ['each server adding twice as much from 10 on', at(10, 18, 48, 98), 10],
    ['each server adding half as much from 25 on', at(10, 18, 33, 45), 25],
    ['what falls after it has grown', at(10, 18, 3, 1), 10],
    ['noise about what does not grow', at(100, 101, 99, 104), undefined],
    ['two points', at(1, 100), undefined],
  ])('of %s', (_, points, servers) => expect(bendOf(points)).toBe(servers));
});

it('growth is that of medians over the sizes by number, of what has three sizes', () => {
  const samples = [
    ...deploys('./ecp', 50, 103, 1, 900),
    ...deploys('./ecp', 2, 7),
    ...deploys('./ecp', 10, 23),
    ...[50, 2, 10].flatMap(servers => deploys('terraform', servers, servers > 10 ? 183 : 3 + 2 * servers)),
    ...deploys('cdktf', 2, 1),
    ...deploys('cdktf', 10, 2),
    ...speeds('plain', 'read', 1, 5),
  ];
  const deploy = { part: 'operations', subject: './ecp', action: 'deploy', quantity: 'wallSec' };
  const straight = { ...deploy, base: 3, perServer: 2, rSquared: 1, bendsAt: undefined };
  expect(growthOf(samples)).toEqual([straight, expect.objectContaining({ subject: 'terraform', bendsAt: 10 })]);
});
