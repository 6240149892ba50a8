import { merge, parseHistogram, percentile, total } from '../../bench/engine/histogram';

it('a histogram is read a latency a line, and what comes twice is added', () => {
  expect([...parseHistogram('12 3\n700 1\n\n12 4\n')]).toEqual([
    [12, 7],
    [700, 1],
  ]);
  expect(parseHistogram('').size).toBe(0);
});

it.each(['%YDB-E-REMOTEDBNOGBL, no database', '12', '12 3 4', ' 12 3', '-1 2', '1.5 2'])(
  "a line '%s' is what the database says of a failure",
  line => expect(() => parseHistogram(`12 3\n${line}\n13 1\n`)).toThrow(new Error(`the load generator said '${line}'`)),
);

it('histograms are merged without a change to them', () => {
  const one = parseHistogram('1 2\n3 4');
  const all = merge([one, parseHistogram('3 5\n2 1')]);
  expect(Object.fromEntries(all)).toEqual({ 1: 2, 2: 1, 3: 9 });
  expect([total(one), total(all), total(merge([]))]).toEqual([6, 12, 0]);
});

it('a percentile is the least latency that so many do not exceed, whatever the order of the lines', () => {
  const hundred = parseHistogram('900 1\n10 50\n20 45\n100 4');
  expect([0, 50, 50.1, 95, 95.1, 99, 99.1, 100].map(percent => percentile(hundred, percent))).toEqual([
    10, 10, 20, 20, 100, 100, 900, 900,
  ]);
  expect(percentile(parseHistogram('7 1'), 99)).toBe(7);
  expect(percentile(parseHistogram(''), 50)).toBeNaN();
});
