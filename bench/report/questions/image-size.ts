import { distinct } from '../../statistics';
import { cell } from '../table';
import type { Question } from './question';

export const IMAGE_SIZE: Question = {
  part: 'image',
  title: 'How large is its image, and how long is it built?',
  words: () => 'Without BuildKit.',
  head: () => ['Rehearsal image', ''],
  rows: samples =>
    distinct(samples, 'action').map(action => [
      `${action}${action === 'size' ? ', MB' : ', s'}`,
      cell(samples, { action }),
    ]),
};
