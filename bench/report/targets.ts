import type { Part, Sample } from '../measurement';
import { choose, distinct, median, pairedRatios, summaryOf, type Choice } from '../statistics';

/** What a target came to. */
export interface Verdict {
  readonly target: string;
  /** In words; empty when it was not measured. */
  readonly measured: string;
  readonly verdict: 'reached' | 'missed' | 'not measured';
}

interface Target {
  readonly part: Part;
  readonly target: string;
  /** The figure and the most that it may be; undefined when it was not measured. */
  readonly judge: (samples: readonly Sample[]) => { readonly measured: string; readonly reached: boolean } | undefined;
}

type OfPart = Choice & { readonly part: Part };

const timeIn =
  (part: Part) =>
  (subject: string, action: string, servers: number): OfPart => ({
    part,
    subject,
    action,
    servers,
    quantity: 'wallSec',
  });
const operation = timeIn('operations');
const onMachines = timeIn('machines');
const backups = timeIn('backup');
const ecp = (action: string, servers: number): OfPart => operation('./ecp', action, servers);
const synth = (subject: string, servers: number, quantity: string): OfPart => ({
  part: 'synth',
  subject,
  action: 'synth',
  servers,
  quantity,
});

/** Median of the differences within each run. */
function difference(samples: readonly Sample[], of: Choice, less: Choice): number | undefined {
  const others = choose(samples, less);
  const found = choose(samples, of).flatMap(({ run, value }) => {
    const other = others.find(each => each.run === run);
    return other ? [value - other.value] : [];
  });
  return found.length > 0 ? median(found) : undefined;
}

/** At most so many seconds above another. */
function atMostAbove(target: string, of: OfPart, other: Choice, sec: number): Target {
  return {
    part: of.part,
    target,
    judge: samples => {
      const found = difference(samples, of, other);
      if (found === undefined) return undefined;
      const [own, peer] = [summaryOf(samples, of)!.median, summaryOf(samples, other)!.median];
      const words = `${own.toFixed(1)} s, against ${peer.toFixed(1)} s: ${found < 0 ? '' : '+'}${found.toFixed(2)} s`;
      return { measured: words, reached: found <= sec };
    },
  };
}

/** At most so many times another. */
function atMostTimes(target: string, of: OfPart, other: Choice, times: number): Target {
  return {
    part: of.part,
    target,
    judge: samples => {
      const ratios = pairedRatios(samples, of, other);
      return ratios.length === 0
        ? undefined
        : { measured: `${median(ratios).toFixed(3)} times`, reached: median(ratios) <= times };
    },
  };
}

const TARGETS: readonly Target[] = [
  {
    part: 'synth',
    target: 'our share of `cdktf synth` at 2 servers: at most 10 %',
    judge: samples => {
      const our = summaryOf(samples, synth('in process', 2, 'ourMs'));
      const whole = summaryOf(samples, synth('cdktf synth', 2, 'wallSec'));
      if (!our || !whole) return undefined;
      const percent = our.median / 10 / whole.median;
      return { measured: `${percent.toFixed(1)} %`, reached: percent <= 10 };
    },
  },
  atMostTimes(
    'a synthesis of 100 servers in process: at most 4 times that of 2',
    synth('in process', 100, 'synthesizeMs'),
    synth('in process', 2, 'synthesizeMs'),
    4,
  ),
  atMostAbove(
    '`./ecp up`, warm, at 2 servers: at most docker compose plus 3 s',
    ecp('deploy', 2),
    operation('docker compose', 'deploy', 2),
    3,
  ),
  ...[
    { servers: 25, times: 2 },
    { servers: 50, times: 1.8 },
  ].map(({ servers, times }) =>
    atMostTimes(
      `\`./ecp up\` at ${servers} servers: at most ${times} times docker compose`,
      ecp('deploy', servers),
      operation('docker compose', 'deploy', servers),
      times,
    ),
  ),
  atMostTimes(
    '`./ecp down` at 50 servers: at most 4 times docker compose',
    ecp('destroy', 50),
    operation('docker compose', 'destroy', 50),
    4,
  ),
  {
    part: 'operations',
    target: '100 servers all Normal',
    judge: samples => {
      const found = summaryOf(samples, ecp('deploy', 100));
      return found && { measured: `after ${found.median.toFixed(0)} s`, reached: true };
    },
  },
  ...[2, 50].map(servers =>
    atMostTimes(
      `a no-op at ${servers} servers: \`./ecp up\` at most 1.2 times \`terraform plan\``,
      ecp('no-op', servers),
      operation('terraform', 'plan', servers),
      1.2,
    ),
  ),
  atMostAbove('adding one to 50: at most the no-op plus 5 s', ecp('add one', 50), ecp('no-op', 50), 5),
  {
    part: 'engine',
    target: 'mutual TLS keeps 80 % of the plain throughput',
    judge: samples => {
      const shares = throughputShares(samples);
      const [worst] = [...shares].sort((a, b) => a.percent - b.percent);
      if (!worst) return undefined;
      const below = shares.filter(({ percent }) => percent < 80);
      const words = `${worst.percent.toFixed(1)} % at worst (${worst.action}, ${worst.servers} ${worst.servers === 1 ? 'server' : 'servers'}); ${shares.length - below.length} of ${shares.length} keep 80 %`;
      return { measured: words, reached: below.length === 0 };
    },
  },
  ...['terraform', './ecp'].flatMap(tool =>
    [2, 10].map(servers =>
      atMostTimes(
        `\`${tool === './ecp' ? './ecp up' : 'terraform apply'}\` of ${servers} servers on a swarm: at most 1.5 times that on one host`,
        onMachines(`${tool}, swarm`, 'deploy', servers),
        onMachines(`${tool}, one host`, 'deploy', servers),
        1.5,
      ),
    ),
  ),
  ...[2, 10].map(servers =>
    atMostTimes(
      `a no-op of ${servers} servers on a swarm: \`./ecp up\` at most 1.3 times \`terraform plan\``,
      onMachines('./ecp, swarm', 'no-op', servers),
      onMachines('terraform, swarm', 'plan', servers),
      1.3,
    ),
  ),
  {
    part: 'backup',
    target: 'no write is later than 1 s because of a backup of 100 MB',
    judge: samples => {
      const found = summaryOf(samples, { ...backups('./ecp backup', 'first', 100), quantity: 'pauseMs' });
      return found && { measured: `${found.max.toFixed(0)} ms at most`, reached: found.max <= 1000 };
    },
  },
  ...[10, 100, 1000].map((size): Target => ({
    part: 'backup',
    target: `a second backup of ${size} MB without a change: less than 5 % of the first`,
    judge: samples => {
      const added = summaryOf(samples, { ...backups('./ecp backup', 'unchanged', size), quantity: 'addedMb' });
      const kept = summaryOf(samples, { ...backups('./ecp backup', 'first', size), quantity: 'keptMb' });
      if (!added || !kept) return undefined;
      const percent = (100 * added.median) / kept.median;
      return { measured: `${percent.toFixed(2)} %`, reached: percent < 5 };
    },
  })),
  atMostTimes(
    'a restore of 1 GB: at most 2 times tar',
    backups('./ecp backup', 'restore', 1000),
    backups('docker run … tar', 'restore', 1000),
    2,
  ),
  {
    part: 'machines',
    target: '30 servers all Normal on three machines',
    judge: samples => {
      const found = summaryOf(samples, onMachines('./ecp, swarm', 'deploy', 30));
      return found && { measured: `after ${found.median.toFixed(0)} s`, reached: true };
    },
  },
];

/** Throughput with mutual TLS in percent of that without, medians over the runs. */
export function throughputShares(samples: readonly Sample[]): { action: string; servers: number; percent: number }[] {
  const engine = choose(samples, { part: 'engine', quantity: 'perSec' });
  return distinct(engine, 'servers').flatMap(servers =>
    distinct(engine, 'action').flatMap(action => {
      const ratios = pairedRatios(
        engine,
        { subject: 'mutual TLS', action, servers },
        { subject: 'plain', action, servers },
      );
      return ratios.length > 0 ? [{ action, servers, percent: 100 * median(ratios) }] : [];
    }),
  );
}

/** Every target of some parts, also those of which nothing was measured. */
export function judgeTargets(samples: readonly Sample[], parts: readonly Part[]): Verdict[] {
  return TARGETS.filter(({ part }) => parts.includes(part)).map(({ target, judge }) => {
    const found = judge(samples);
    if (!found) return { target, measured: '', verdict: 'not measured' };
    return { target, measured: found.measured, verdict: found.reached ? 'reached' : 'missed' };
  });
}
