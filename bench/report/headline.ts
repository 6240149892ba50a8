import type { Sample } from '../measurement';
import { choose, distinct, median, pairedRatios, runsOf, summaryOf } from '../statistics';
import type { Result } from './result';
import { throughputShares } from './targets';

/**
 * The figures of a result that docs/benchmarks.md shows, as Markdown.
 *
 * @param name The result's files in bench/results, without their endings.
 */
export function headlineFigures({ day, machine, targets, samples }: Result, name: string): string {
  const own = choose(samples, { part: 'operations', quantity: 'wallSec' });
  const sizes = distinct(choose(own, { subject: 'docker compose' }), 'servers').sort((a, b) => a - b);
  const shown = own.filter(({ servers }) => sizes.includes(servers));
  const actions = distinct(choose(shown, { subject: './ecp' }), 'action');
  const reached = targets.filter(({ verdict }) => verdict === 'reached').length;
  return [
    `![Seconds until all servers are Normal, by ./ecp, cdktf, terraform and docker compose](../bench/results/${name}.svg)`,
    '',
    `Seconds for \`./ecp\`, in brackets the multiple of docker compose: medians of ${runsOf(shown)} on ${machine.cores} cores, ${day}.`,
    '',
    `| Application servers | ${sizes.join(' | ')} |`,
    `| --- | ${sizes.map(() => '---').join(' | ')} |`,
    ...actions.map(
      action => `| ${action} | ${sizes.map(servers => secondsAndRatio(own, action, servers)).join(' | ')} |`,
    ),
    '',
    ...engineSentence(samples),
    `${reached} of ${targets.length} targets reached. [All figures](../bench/results/${name}.md).`,
  ].join('\n');
}

function secondsAndRatio(samples: readonly Sample[], action: string, servers: number): string {
  const found = summaryOf(samples, { subject: './ecp', action, servers });
  const ratios = pairedRatios(
    samples,
    { subject: './ecp', action, servers },
    { subject: 'docker compose', action, servers },
  );
  return `${found?.median.toFixed(1) ?? ''}${ratios.length > 0 ? ` (${median(ratios).toFixed(2)})` : ''}`;
}

/** The most application servers that were measured do everything at the same time. */
function engineSentence(samples: readonly Sample[]): string[] {
  const own = choose(samples, { part: 'engine', subject: 'mutual TLS' });
  const servers = Math.max(...distinct(own, 'servers'));
  const figure = (action: string): string => {
    const perSec = summaryOf(own, { action, servers, quantity: 'perSec' })?.median ?? NaN;
    const share = throughputShares(samples).find(each => each.action === action && each.servers === servers);
    return `${perSec.toFixed(0)} ${action}s (${share?.percent.toFixed(0)} %)`;
  };
  const image = (action: string): number => summaryOf(samples, { part: 'image', action })?.median ?? NaN;
  const size = image('size').toFixed(0);
  return [
    `Rehearsal engine, ${servers} application servers over mutual TLS: ${['write', 'read', 'lock', 'sync'].map(figure).join(', ')} per second, in brackets the share of the rate without TLS. Image: ${size} MB, built in ${image('build cold').toFixed(0)} s.`,
    '',
  ];
}
