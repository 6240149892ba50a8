import type { Sample } from '../../measurement';
import { choose, distinct } from '../../statistics';
import { sharePlot } from '../share-plot';
import { cell } from '../table';
import { throughputShares } from '../targets';
import type { Question } from './question';

export const TLS_COST: Question = {
  part: 'engine',
  title: 'What does mutual TLS cost the rehearsal engine?',
  words: () =>
    'Of all application servers together, at the same time, with TLS and without; latencies in microseconds.',
  head: () => [
    'Action',
    'Servers',
    'a second',
    'without',
    'of it',
    ...['median', '95 %', '99 %'].flatMap(latency => [latency, 'without']),
  ],
  rows: samples => {
    const speeds = choose(samples, { quantity: 'perSec' });
    return distinct(speeds, 'servers').flatMap(servers =>
      distinct(speeds, 'action').map(action => row(samples, action, servers)),
    );
  },
  plot: { suffix: '-engine', draw: sharePlot },
};

function row(samples: readonly Sample[], action: string, servers: number): string[] {
  const both = (quantity: string): string[] =>
    ['mutual TLS', 'plain'].map(subject => cell(samples, { subject, action, servers, quantity }, 0));
  const share = throughputShares(samples).find(each => each.action === action && each.servers === servers);
  return [
    action,
    String(servers),
    ...both('perSec'),
    share ? `${share.percent.toFixed(0)} %` : '',
    ...['p50Us', 'p95Us', 'p99Us'].flatMap(both),
  ];
}
