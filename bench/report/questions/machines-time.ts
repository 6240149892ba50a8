import { choose, distinct } from '../../statistics';
import { linePlot } from '../line-plot';
import { cell } from '../table';
import { operationPanels } from './operation-time';
import type { Question } from './question';

export const MACHINES_TIME: Question = {
  part: 'machines',
  title: 'How long does an operation take on a swarm of three machines?',
  words: () =>
    'Seconds until all servers are Normal, or gone. The machines are Docker engines in containers of this host; `docker stack` deploys the services that `./ecp` made, with the same images, secrets, volumes, probes and limits.',
  head: samples => ['Action', 'Servers', ...distinct(samples, 'subject').map(subject => code(subject))],
  rows: samples =>
    distinct(samples, 'action').flatMap(action =>
      distinct(choose(samples, { action }), 'servers').map(servers => [
        action,
        String(servers),
        ...distinct(samples, 'subject').map(subject => cell(samples, { subject, action, servers })),
      ]),
    ),
  plot: {
    suffix: '-swarm',
    draw: samples =>
      linePlot(
        'Seconds until all servers are Normal, on one host and on a swarm, over the number of application servers',
        operationPanels(samples, 'wallSec'),
      ),
  },
};

/** The tool as code, and where it works. */
function code(subject: string): string {
  const [tool = '', place] = subject.split(', ');
  return `\`${tool}\`${place === undefined ? '' : `, ${place}`}`;
}
