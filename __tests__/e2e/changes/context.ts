import { IS_ON_DEMAND } from '../support/repetitions';
import { Steps } from '../support/steps';
import type { ClusterSpec } from './cluster-spec';
import { inWords } from './interruption';
import { LiveCluster, type Outcome } from './live-cluster';
import { reachOf } from './reach';
import { serversReplacedIn } from './expectations';
import { ChangesTable, rollingOf } from './table';

export const live = new LiveCluster('ecp-changes', 20, { appServers: { 'app-server-1': {}, 'app-server-2': {} } });
/** CI has no time for changes that are like others. */
export const IS_WHOLE = IS_ON_DEMAND || Boolean(process.env.CHANGES_WRITE);
export const table = new ChangesTable(IS_WHOLE);
export const steps = new Steps();

/** Outcomes by the change's name, for the promises. */
const outcomes = new Map<string, Outcome>();

/** Declares a change as a test, which adds a row to the table; `further` looks at what it did. */
export function change(
  name: string,
  of: (spec: ClusterSpec) => ClusterSpec,
  further: (outcome: Outcome) => void | Promise<void> = () => undefined,
  options: () => Promise<readonly string[]> = () => Promise.resolve([]),
): void {
  steps.step(name, async () => {
    const spec = of(live.spec);
    const outcome = await live.change(spec, await options());
    outcomes.set(name, outcome);
    const { added, changed, replaced, destroyed } = reachOf(outcome.changes, Object.keys(outcome.after));
    const several = serversReplacedIn(outcome.changes).length > 1;
    // A roll of these is measured by the suite `rolls`.
    const rolling = several ? rollingOf(name) : 'the same';
    // The oracle has compared them; a change that loses a write fails before it comes here.
    const pauses = outcome.seen.map(({ gapSec }) => `${gapSec.toFixed(1)} s`).join(', ');
    table.add(
      [name, added, changed, replaced, destroyed, inWords(outcome.seen), rolling, 'kept'],
      `longest pauses ${pauses}; ${outcome.acknowledged} writes`,
    );
    await further(outcome);
  });
}

/** As `change`, for one that is like others. */
export const furtherChange: typeof change = (...args) => {
  if (IS_WHOLE) change(...args);
};

/** What a change did that has run before. */
export function outcomeOf(name: string): Outcome {
  const found = outcomes.get(name);
  if (!found) throw new Error(`the change '${name}' did not come to its end`);
  return found;
}
