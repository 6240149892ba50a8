import { requireContextCounts, writeContext } from '../../app/context-file';
import { loadSettings, variableOf } from '../../app/settings';
import { synthesizeOnce } from '../../app/synthesize-once';
import { forgetPlaces } from '../access/endpoints';
import { findServers } from '../access/servers';
import { agreeToLosses, printLosses } from '../deploy/consent';
import { lossesOf } from '../deploy/losses';
import { presentOf } from '../deploy/present';
import { saysYes } from '../machine/consent';
import { UserError, bold } from '../terminal';
import { inWords } from '../views/names';
import { up } from './up';

/** Options of `./ecp scale`. */
export interface ScaleOptions {
  /** What was given for the number of application servers. */
  readonly counts: readonly string[];
  readonly assumeYes: boolean;
}

/** Writes the number of application servers down where settings come from, and brings the cluster there. */
export async function scale({ counts, assumeYes }: ScaleOptions): Promise<number> {
  const count = requireCount(counts);
  const before = loadSettings(process.env);
  requireContextCounts('appServers', before, process.env);
  // What constructs refuse is refused before it is written down.
  const stack = await synthesizeOnce({ ...process.env, [variableOf('appServers')]: String(count) });
  const { appServers, cluster } = stack.settings;
  const running = (await findServers(cluster)).filter(({ role }) => role === 'app-server').map(({ name }) => name);
  const added = appServers.filter(name => !running.includes(name));
  if (added.length > 0) console.log(`${bold('will be added:')} ${inWords(added)}`);
  const lost = lossesOf(stack, await presentOf(cluster));
  if (lost.length > 0) printLosses(lost);
  const removed = running.filter(name => !appServers.includes(name));
  if (!(await mayDestroy(lost, removed, assumeYes))) {
    console.log('Nothing was changed.');
    return 1;
  }
  if (writeContext('appServers', count)) console.log(`'appServers' in cdktf.json is ${count} now`);
  // They may depend on what was just written.
  forgetPlaces();
  return up({ assumeYes, check: false, adopt: false, allowDestroy: false, agreedLosses: lost });
}

function requireCount(counts: readonly string[]): number {
  const [text = '', ...more] = counts;
  const count = /^\d{1,3}$/.test(text) && more.length === 0 ? Number(text) : 0;
  if (count >= 1 && count <= 254) return count;
  throw new UserError(
    `'N' must be a number of application servers from 1 to 254, got ${counts.length === 0 ? 'none' : `'${counts.join(' ')}'`}; for example: ./ecp scale 3`,
    2,
  );
}

/** What the scaling removes is agreed to as such; what else the settings do not have is asked about, as `up` does. */
async function mayDestroy(lost: readonly string[], removed: readonly string[], assumeYes: boolean): Promise<boolean> {
  // The server itself, and what belongs to it, such as 'web-gateway of app-server-3'.
  const isScaled = (name: string): boolean => removed.includes(name.slice(name.lastIndexOf(' ') + 1));
  const others = lost.filter(name => !isScaled(name));
  if (others.length > 0) return agreeToLosses(others, 'keep it in the settings, or run ./ecp up --allow-destroy first');
  if (lost.length === 0 || assumeYes) return true;
  if (process.stdin.isTTY && process.stdout.isTTY) return saysYes();
  throw new UserError(`${inWords(lost)} would be destroyed, and there is no terminal to ask on; add --yes`);
}
