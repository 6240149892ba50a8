import type { Part, Sample } from '../../bench/measurement';
import { judgeTargets, throughputShares, type Verdict } from '../../bench/report/targets';
import { deploys, runs, speeds } from './samples';

const operation = (subject: string, action: string, servers: number, ...values: number[]): Sample[] =>
  deploys(subject, servers, ...values).map(sample => ({ ...sample, action }));
const synth = (subject: string, servers: number, quantity: string, ...values: number[]): Sample[] =>
  runs({ part: 'synth', subject, action: 'synth', servers, quantity }, ...values);

const SHARE = 'our share of `cdktf synth` at 2 servers: at most 10 %';
const LINEAR = 'a synthesis of 100 servers in process: at most 4 times that of 2';
const WARM = '`./ecp up`, warm, at 2 servers: at most docker compose plus 3 s';
const AT_25 = '`./ecp up` at 25 servers: at most 2 times docker compose';
const AT_50 = '`./ecp up` at 50 servers: at most 1.8 times docker compose';
const DOWN = '`./ecp down` at 50 servers: at most 4 times docker compose';
const LARGEST = '100 servers all Normal';
const NO_OP = 'a no-op at 50 servers: `./ecp up` at most 1.2 times `terraform plan`';
const NO_OP_AT_2 = NO_OP.replace('50', '2');
const ADD = 'adding one to 50: at most the no-op plus 5 s';
const TLS = 'mutual TLS keeps 80 % of the plain throughput';

const PARTS: readonly Part[] = ['synth', 'operations', 'engine', 'image', 'backup', 'machines'];
const swarmDeploy = (command: string, servers: number): string =>
  `\`${command}\` of ${servers} servers on a swarm: at most 1.5 times that on one host`;
const SWARM_NO_OP = 'a no-op of 2 servers on a swarm: `./ecp up` at most 1.3 times `terraform plan`';
const BACKUP = [
  'no write is later than 1 s because of a backup of 100 MB',
  ...[10, 100, 1000].map(size => `a second backup of ${size} MB without a change: less than 5 % of the first`),
  'a restore of 1 GB: at most 2 times tar',
];
const ON_THREE = '30 servers all Normal on three machines';
const SWARM = [
  ...['terraform apply', './ecp up'].flatMap(command => [2, 10].map(servers => swarmDeploy(command, servers))),
  SWARM_NO_OP,
  SWARM_NO_OP.replace(' 2 ', ' 10 '),
  ...BACKUP,
  ON_THREE,
];

/** What was measured of a target, and the verdict. */
function judged(target: string, samples: readonly Sample[]): string[] {
  const verdicts: Verdict[] = judgeTargets(samples, PARTS).filter(each => each.target === target);
  return verdicts.flatMap(({ measured, verdict }) => [measured, verdict]);
}

it('every target is told, also when nothing was measured', () => {
  const targets = [SHARE, LINEAR, WARM, AT_25, AT_50, DOWN, LARGEST, NO_OP_AT_2, NO_OP, ADD, TLS, ...SWARM];
  expect(judgeTargets([], PARTS)).toEqual(targets.map(target => ({ target, measured: '', verdict: 'not measured' })));
});

it('targets of other parts are not told', () => {
  expect(judgeTargets([], ['machines']).map(({ target }) => target)).toEqual(
    SWARM.filter(each => !BACKUP.includes(each)),
  );
});

const share = (ourMs: number) => [...synth('in process', 2, 'ourMs', ourMs), ...synth('cdktf synth', 2, 'wallSec', 4)];
const linear = (...ms: number[]) => [
  ...synth('in process', 100, 'synthesizeMs', ...ms),
  ...synth('in process', 2, 'synthesizeMs', 20, 50),
];
const against = (servers: number, ecp: number, compose: number) => [
  ...deploys('./ecp', servers, ecp),
  ...deploys('docker compose', servers, compose),
];
const noOp = (sec: number, servers = 50) => [
  ...operation('./ecp', 'no-op', servers, sec),
  ...operation('terraform', 'plan', servers, 10),
];
const down = (sec: number) => [
  ...operation('./ecp', 'destroy', 50, sec),
  ...operation('docker compose', 'destroy', 50, 5),
];
const add = (sec: number) => [...operation('./ecp', 'add one', 50, sec), ...operation('./ecp', 'no-op', 50, 10)];
const tls = (...perSec: number[]) => [
  ...speeds('mutual TLS', 'read', 8, ...perSec),
  ...speeds('mutual TLS', 'lock', 2, 99),
  ...['read', 'lock'].flatMap(action => [2, 8].flatMap(servers => speeds('plain', action, servers, 100, 200, 400))),
];

const machines = (subject: string, action: string, servers: number, value: number): Sample[] =>
  operation(subject, action, servers, value).map(sample => ({ ...sample, part: 'machines' }));
const swarmTimes = (tool: string, servers: number, sec: number) => [
  ...machines(`${tool}, swarm`, 'deploy', servers, sec),
  ...machines(`${tool}, one host`, 'deploy', servers, 10),
];
const swarmNoOp = (sec: number) => [
  ...machines('./ecp, swarm', 'no-op', 2, sec),
  ...machines('terraform, swarm', 'plan', 2, 10),
];

it.each([
  [swarmDeploy('terraform apply', 10), swarmTimes('terraform', 10, 15), '1.500 times', 'reached'],
  [swarmDeploy('./ecp up', 2), swarmTimes('./ecp', 2, 15.1), '1.510 times', 'missed'],
  [SWARM_NO_OP, swarmNoOp(13), '1.300 times', 'reached'],
  [SWARM_NO_OP, swarmNoOp(13.1), '1.310 times', 'missed'],
  [ON_THREE, machines('./ecp, swarm', 'deploy', 30, 50.2), 'after 50 s', 'reached'],
  [SHARE, share(400), '10.0 %', 'reached'],
  [SHARE, share(412), '10.3 %', 'missed'],
  [LINEAR, linear(80, 200), '4.000 times', 'reached'],
  [LINEAR, linear(80, 205), '4.050 times', 'missed'],
  [WARM, against(2, 10.5, 7.5), '10.5 s, against 7.5 s: +3.00 s', 'reached'],
  [WARM, against(2, 10.75, 7.5), '10.8 s, against 7.5 s: +3.25 s', 'missed'],
  [AT_25, against(25, 40, 20), '2.000 times', 'reached'],
  [AT_25, against(25, 41, 20), '2.050 times', 'missed'],
  [AT_50, against(50, 72, 40), '1.800 times', 'reached'],
  [AT_50, against(50, 74, 40), '1.850 times', 'missed'],
  [DOWN, down(20), '4.000 times', 'reached'],
  [DOWN, down(21), '4.200 times', 'missed'],
  [LARGEST, deploys('./ecp', 100, 84.4), 'after 84 s', 'reached'],
  [NO_OP, noOp(12), '1.200 times', 'reached'],
  [NO_OP, noOp(12.5), '1.250 times', 'missed'],
  [NO_OP_AT_2, noOp(12, 2), '1.200 times', 'reached'],
  [NO_OP_AT_2, noOp(12.5, 2), '1.250 times', 'missed'],
  [ADD, add(15), '15.0 s, against 10.0 s: +5.00 s', 'reached'],
  [ADD, add(15.5), '15.5 s, against 10.0 s: +5.50 s', 'missed'],
  [TLS, tls(80, 170, 320), '80.0 % at worst (read, 8 servers); 2 of 2 keep 80 %', 'reached'],
  [TLS, tls(70, 150, 400), '75.0 % at worst (read, 8 servers); 1 of 2 keep 80 %', 'missed'],
])('%s (%#)', (target, samples, measured, verdict) => expect(judged(target, samples)).toEqual([measured, verdict]));

it('a time is judged by the median of the differences within each run, not by that of the times', () => {
  // Differences are +4, +4 and −15; the medians of the times differ by −5.
  const samples = [...deploys('./ecp', 2, 34, 5, 15), ...deploys('docker compose', 2, 30, 20, 11)];
  expect(judged(WARM, samples)).toEqual(['15.0 s, against 20.0 s: +4.00 s', 'missed']);
});

it('a time is not judged by runs that the peer does not have', () => {
  const samples = [...deploys('./ecp', 2, 10, 99, 98), ...deploys('docker compose', 2, 8)];
  expect(judged(WARM, samples)).toEqual(['98.0 s, against 8.0 s: +2.00 s', 'reached']);
  const apart = [...deploys('./ecp', 2, 10), ...deploys('docker compose', 2, 8, 9).slice(1)];
  expect(judged(WARM, apart)).toEqual(['', 'not measured']);
});

it('the throughput is compared in each run, for each action and number of servers that has both connections', () => {
  expect(throughputShares(tls(50, 180, 400))).toEqual([
    { action: 'read', servers: 8, percent: 90 },
    { action: 'lock', servers: 2, percent: 99 },
  ]);
});
