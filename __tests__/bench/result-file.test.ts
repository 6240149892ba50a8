import type { Sample } from '../../bench/measurement';
import type { Result } from '../../bench/report/result';
import { parseResult, resultText } from '../../bench/report/result-file';
import { fromSeries, toSeries } from '../../bench/report/series';
import { deploys, runs, speeds } from './samples';

const SAMPLES: readonly Sample[] = [
  ...deploys('./ecp', 2, 0.1 + 0.2, 1e-7, 3),
  ...speeds('plain', 'read', 1, 5),
  ...deploys('./ecp', 10, 4),
  ...runs({ part: 'operations', subject: './ecp', action: 'deploy', servers: 2, quantity: 'clientCpuSec' }, 7, 8),
];
const key = (sample: Sample): string => JSON.stringify(Object.entries(sample).sort());

test('series are of one thing at one size, in the order in which they come first', () => {
  const [first, ...others] = toSeries(SAMPLES);
  const values = { wallSec: [0.1 + 0.2, 1e-7, 3], clientCpuSec: [7, 8] };
  expect(first).toEqual({ part: 'operations', subject: './ecp', action: 'deploy', servers: 2, values });
  expect(others.map(({ subject, servers }) => [subject, servers])).toEqual([
    ['plain', 1],
    ['./ecp', 10],
  ]);
});

test('no value is lost, nor its run when one before it failed', () => {
  const without = SAMPLES.filter(({ run, quantity }) => run !== 2 || quantity !== 'wallSec');
  for (const samples of [SAMPLES, without, []])
    expect(fromSeries(toSeries(samples)).map(key).sort()).toEqual(samples.map(key).sort());
  expect(toSeries(without)[0]!.values.wallSec).toEqual([0.1 + 0.2, null, 3]);
});

test('a result has a line a series, and comes back from its text', () => {
  const machine = {
    processor: 'p',
    cores: 1,
    memoryGib: 1,
    system: 's',
    node: '',
    terraform: '',
    docker: '',
    cdktf: '',
  };
  const result: Result = {
    ...{ day: '2026-01-31', quick: false, parts: ['engine'], runs: 1, tookMin: 1.5, remarks: ['One.'] },
    machine: { ...machine, commit: 'c' },
    targets: [{ target: 'a', measured: 'b', verdict: 'reached' }],
    samples: [...speeds('plain', 'read', 1, 5, 6), ...speeds('plain', 'read', 2, 9)],
  };
  const text = resultText(result);
  expect(parseResult(text)).toEqual(result);
  expect(text.split('\n').slice(-5)).toEqual([
    '    {"part":"engine","subject":"plain","action":"read","servers":1,"values":{"perSec":[5,6]}},',
    '    {"part":"engine","subject":"plain","action":"read","servers":2,"values":{"perSec":[9]}}',
    '  ]',
    '}',
    '',
  ]);
});
