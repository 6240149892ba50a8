import { explore, Rule } from './mirror-explorer';
import { member, world, type Bounds } from './mirror-model';

const BOUNDS: Bounds = { writes: 3, crashes: 2, arbiters: 3, late: 2 };
const MIRRORED = world(member('primary', 1, 'with', 'a'), member('backup', 1, 'with', 'a'), 1, 'with');
const ALONE = world(member('primary', 0, 'alone', 'a'), member('backup', 0, 'alone', ''), 0, 'alone');
const EMPTY = world(member('none', 0, 'alone', ''), member('none', 0, 'alone', ''), 0, 'alone');

test.each([['mirrored', MIRRORED], ['alone', ALONE], ['empty', EMPTY]])('%s', async (_, start) => {
  const rule = new Rule();
  const t = Date.now();
  const r = await explore(rule, start, BOUNDS, { width: 1500, depth: 60, states: 100000 });
  console.log(JSON.stringify({ states: r.states, depth: r.depth, q: rule.questions, ms: Date.now() - t, found: r.found }, null, 1));
  await rule.end();
}, 200000);
