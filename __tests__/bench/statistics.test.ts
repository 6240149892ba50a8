import { choose, distinct, median, pairedRatios, runsOf, summaryOf } from '../../bench/statistics';
import { deploys } from './samples';

it('a median is the middle value by size, the mean of the two in the middle, or nothing', () => {
  expect(median([10, 9, 100])).toBe(10);
  expect(median([10, 1, 4, 3])).toBe(3.5);
  expect(median([])).toBeNaN();
});

it('a summary has median, least, most and number of what was chosen, and there is none of nothing', () => {
  const samples = [...deploys('./ecp', 2, 7, 5, 9), ...deploys('./ecp', 10, 70), ...deploys('cdktf', 2, 1)];
  expect(summaryOf(samples, { subject: './ecp', servers: 2 })).toEqual({ median: 7, min: 5, max: 9, runs: 3 });
  expect(summaryOf(samples, { subject: 'terraform' })).toBeUndefined();
  expect(choose(samples, {})).toHaveLength(5);
  expect(distinct(samples, 'servers')).toEqual([2, 10]);
});

it('the number of runs is told in words, as least and most where they differ', () => {
  expect(runsOf(deploys('./ecp', 2, 7))).toBe('1 run');
  expect(runsOf([...deploys('./ecp', 2, 7, 5), ...deploys('cdktf', 2, 1, 3)])).toBe('2 runs');
  expect(runsOf([...deploys('./ecp', 2, 7, 5), ...deploys('./ecp', 10, 1)])).toBe('1 to 2 runs');
});

describe('paired ratios', () => {
  const over = { subject: './ecp' };
  const under = { subject: 'terraform' };

  it('go by the run and not by the order', () => {
    const peers = deploys('terraform', 2, 2, 4).reverse();
    expect(pairedRatios([...deploys('./ecp', 2, 6, 20), ...peers], over, under)).toEqual([3, 5]);
  });

  it('leave out a run that the peer does not have, or has with nothing', () => {
    const samples = [...deploys('./ecp', 2, 6, 8, 9), ...deploys('terraform', 2, 0, 4)];
    expect(pairedRatios(samples, over, under)).toEqual([2]);
    expect(pairedRatios(samples, over, { subject: 'cdktf' })).toEqual([]);
  });
});
