import type { Sample } from '../../measurement';
import { choose, distinct } from '../../statistics';
import { linePlot } from '../line-plot';
import { cell } from '../table';
import type { Question } from './question';

const COLUMNS = [
  ['first, s', 'first', 'wallSec'],
  ['longest write meanwhile, ms', 'first', 'pauseMs'],
  ['kept, MB', 'first', 'keptMb'],
  ['unchanged, s', 'unchanged', 'wallSec'],
  ['added, MB', 'unchanged', 'addedMb'],
  ['restore, s', 'restore', 'wallSec'],
] as const;

export const BACKUP_COST: Question = {
  part: 'backup',
  title: 'What does a backup cost?',
  words: () =>
    'Of a database that one application server writes to. tar and restic read the data volume as it is, with the copy and the journals that the server keeps there, and what they copy is consistent only by luck; theirs is a restore into an empty volume, that of `./ecp` lasts until every server is Normal.',
  head: () => ['Data, MB', 'Tool', ...COLUMNS.map(([head]) => head)],
  rows: samples =>
    distinct(samples, 'servers').flatMap(servers =>
      distinct(choose(samples, { servers }), 'subject').map(subject => [
        String(servers),
        `\`${subject}\``,
        ...COLUMNS.map(([, action, quantity]) => cell(samples, { servers, subject, action, quantity })),
      ]),
    ),
  plot: {
    suffix: '-backup',
    draw: samples =>
      linePlot('What a backup costs, over megabytes of data', [
        { title: 'first backup, s', samples: of(samples, 'first') },
        { title: 'restore, s', samples: of(samples, 'restore') },
      ]),
  },
};

function of(samples: readonly Sample[], action: string): Sample[] {
  return choose(samples, { action, quantity: 'wallSec' });
}
