import { explore, Rule } from './mirror-explorer';
import { member, world, type Bounds } from './mirror-model';

const MIRRORED = world(member('primary', 1, 'with', 'a'), member('backup', 1, 'with', 'a'), 1, 'with');
const ALONE = world(member('primary', 0, 'alone', 'a'), member('backup', 0, 'alone', ''), 0, 'alone');
const EMPTY = world(member('none', 0, 'alone', ''), member('none', 0, 'alone', ''), 0, 'alone');

const S: Record<string, Bounds> = {
  arbiters: { writes: 1, crashes: 0, arbiters: 2, late: 0, epochs: 2, steps: 3 },
  lates: { writes: 1, crashes: 0, arbiters: 1, late: 1, epochs: 2, steps: 3 },
  crashes: { writes: 1, crashes: 1, arbiters: 1, late: 0, epochs: 2, steps: 3 },
};
test.each(Object.entries(S).flatMap(([n, b]) => [[n + ' mirrored', MIRRORED, b], [n + ' alone', ALONE, b]] as const))('%s', async (n, start, b) => {
  const rule = new Rule();
  const t = Date.now();
  const r = await explore(rule, start, b, { width: Infinity, depth: 60, states: 150000 });
  console.log(n + JSON.stringify({ states: r.states, depth: r.depth, q: rule.questions, ms: Date.now() - t, found: r.found }, null, 1));
  await rule.end();
}, 200000);
