import type { Sample } from '../../measurement';
import { choose, distinct, summaryOf } from '../../statistics';
import { linePlot } from '../line-plot';
import { cell } from '../table';
import type { Question } from './question';

export const SYNTH_TIME: Question = {
  part: 'synth',
  title: 'How long does a synthesis take?',
  words: () =>
    'Whole processes in seconds, and one call of `synthesize` in a fresh process in milliseconds. The shares are of `cdktf synth`.',
  head: () => [
    'Servers',
    '`cdktf synth`, s',
    '`main.ts`, s',
    'its imports alone, s',
    'in process, ms',
    'our code',
    'cdktf’s library and imports',
    'cdktf’s command',
  ],
  rows: samples => distinct(samples, 'servers').map(servers => row(samples, servers)),
  plot: {
    suffix: '-synth',
    draw: samples =>
      linePlot('Time of a synthesis, over the number of application servers', [
        { title: 'whole processes, s', samples: choose(samples, { quantity: 'wallSec' }) },
        { title: 'in process, ms', samples: choose(samples, { quantity: 'synthesizeMs' }) },
      ]),
  },
};

function row(samples: readonly Sample[], servers: number): string[] {
  const value = (subject: string, quantity: string): number =>
    summaryOf(samples, { subject, servers, quantity })?.median ?? NaN;
  const whole = value('cdktf synth', 'wallSec') * 1000;
  const app = value('main.ts', 'wallSec') * 1000;
  const our = value('in process', 'ourMs');
  const share = (ms: number): string => (Number.isNaN(ms / whole) ? '' : `${((100 * ms) / whole).toFixed(1)} %`);
  const wall = (subject: string): string => cell(samples, { subject, servers, quantity: 'wallSec' });
  return [
    String(servers),
    ...['cdktf synth', 'main.ts', 'imports alone'].map(wall),
    cell(samples, { subject: 'in process', servers, quantity: 'synthesizeMs' }),
    share(our),
    share(app - our),
    share(whole - app),
  ];
}
