import { DAMAGES, damaged } from '../support/damage';
import { bed, fault, figures } from './context';

/** Files that were changed behind the back of the data server. */
export const damage = (): void =>
  describe('damage', () => {
    for (const damage of DAMAGES) {
      fault(`${damage.after}: ${damage.what} is never served`, async () => {
        const answer = await damaged(bed, damage);
        figures.add(`${damage.what}, ${damage.after}`, damage.promise, answer);
      });
    }
  });
