import type { Sample } from '../../measurement';
import { choose, distinct } from '../../statistics';
import { linePlot } from '../line-plot';
import { cell } from '../table';
import type { Question } from './question';

export const CONTAINER_COST: Question = {
  part: 'engine',
  title: 'What do its containers take?',
  words: () => 'Of one container, idle and under the load above.',
  head: () => ['Container', 'While', 'Servers', 'Percent of one core', 'Memory, MB'],
  rows: samples => {
    const loads = choose(samples, { quantity: 'memoryMb' });
    return distinct(loads, 'servers').flatMap(servers =>
      distinct(loads, 'action').flatMap(action =>
        distinct(choose(loads, { action, servers }), 'subject').map(subject => [
          subject,
          action,
          String(servers),
          cell(samples, { subject, action, servers, quantity: 'cpuPercent' }, 2),
          cell(samples, { subject, action, servers, quantity: 'memoryMb' }, 1),
        ]),
      ),
    );
  },
  plot: {
    suffix: '-containers',
    draw: samples =>
      linePlot('What a container takes, over the number of application servers', [
        { title: 'percent of one core', samples: named(samples, 'cpuPercent') },
        { title: 'memory, MB', samples: named(samples, 'memoryMb') },
      ]),
  },
};

/** Each container, idle and under load, is a line of its own. */
function named(samples: readonly Sample[], quantity: string): Sample[] {
  return choose(samples, { quantity }).map(each => ({ ...each, subject: `${each.subject}, ${each.action}` }));
}
