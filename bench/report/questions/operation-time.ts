import type { Sample } from '../../measurement';
import { choose, distinct, median, pairedRatios } from '../../statistics';
import { linePlot } from '../line-plot';
import { cell } from '../table';
import type { Question } from './question';

const PEERS = ['terraform', 'docker compose'];
const quantity = 'wallSec';

export const OPERATION_TIME: Question = {
  part: 'operations',
  title: 'How long does an operation take?',
  words: () => 'Seconds until all servers are Normal, or gone.',
  head: samples => [
    'Action',
    'Servers',
    ...distinct(samples, 'subject').map(tool => `\`${tool}\``),
    ...PEERS.map(peer => `\`./ecp\` / ${peer}`),
  ],
  rows: samples =>
    distinct(samples, 'action').flatMap(action =>
      distinct(choose(samples, { action }), 'servers').map(servers => row(samples, action, servers)),
    ),
  plot: {
    suffix: '',
    draw: samples =>
      linePlot(
        'Seconds until all servers are Normal, over the number of application servers',
        operationPanels(samples, quantity),
      ),
  },
};

/** A panel for each action but `plan`, which is Terraform's alone. */
export function operationPanels(samples: readonly Sample[], quantity: string) {
  const own = choose(samples, { quantity });
  const actions = distinct(own, 'action').filter(action => action !== 'plan');
  return actions.map(action => ({ title: `${action}, s`, samples: choose(own, { action }) }));
}

function row(samples: readonly Sample[], action: string, servers: number): string[] {
  const what = { action, servers, quantity };
  const times = (peer: string): string => {
    const ratios = pairedRatios(samples, { ...what, subject: './ecp' }, { ...what, subject: peer });
    return ratios.length > 0 ? median(ratios).toFixed(2) : '';
  };
  const tools = distinct(samples, 'subject');
  return [action, String(servers), ...tools.map(subject => cell(samples, { ...what, subject })), ...PEERS.map(times)];
}
