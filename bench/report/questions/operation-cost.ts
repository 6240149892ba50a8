import type { Sample } from '../../measurement';
import { choose, distinct } from '../../statistics';
import { linePlot } from '../line-plot';
import { cell } from '../table';
import { operationPanels } from './operation-time';
import type { Question } from './question';

const QUANTITIES = {
  clientCpuSec: 'Processor time of the tool, s',
  daemonCpuSec: 'of Docker, s',
  clientMemoryMb: 'Memory of the tool at its most, MB',
  daemonMemoryMb: 'of Docker at the end, MB',
};

export const OPERATION_COST: Question = {
  part: 'operations',
  title: 'What does an operation cost?',
  words: samples =>
    `With ${sizeOf(samples)} application servers; the plot has the processor time of the tool with all sizes.`,
  head: () => ['Action', 'Tool', ...Object.values(QUANTITIES)],
  rows: samples => {
    const own = choose(samples, { servers: sizeOf(samples) });
    return distinct(own, 'action').flatMap(action =>
      distinct(choose(own, { action }), 'subject').map(subject => [
        action,
        `\`${subject}\``,
        ...Object.keys(QUANTITIES).map(quantity => cell(own, { action, subject, quantity })),
      ]),
    );
  },
  plot: {
    suffix: '-cost',
    draw: samples =>
      linePlot(
        'Processor time of the tool in seconds, over the number of application servers',
        operationPanels(samples, 'clientCpuSec'),
      ),
  },
};

/** The largest size that every tool was measured with, or the largest where there is none. */
function sizeOf(samples: readonly Sample[]): number {
  const tools = distinct(samples, 'subject');
  const sizes = distinct(samples, 'servers');
  const common = sizes.filter(servers => distinct(choose(samples, { servers }), 'subject').length === tools.length);
  return Math.max(...(common.length > 0 ? common : sizes));
}
