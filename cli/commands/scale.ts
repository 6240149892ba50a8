import { requireContextCounts, writeContext } from '../../app/context-file';
import { loadSettings, variableOf } from '../../app/settings';
import { synthesizeOnce } from '../../app/synthesize-once';
import { forgetPlaces } from '../access/endpoints';
import { findServers } from '../access/servers';
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
  const { settings } = await synthesizeOnce({ ...process.env, [variableOf('appServers')]: String(count) });
  const present = (await findServers(before.cluster)).filter(({ role }) => role === 'app-server');
  const running = present.map(({ name }) => name);
  const removed = running.filter(name => !settings.appServers.includes(name));
  const added = settings.appServers.filter(name => !running.includes(name));
  if (added.length > 0) console.log(`${bold('will be added:')} ${inWords(added)}`);
  if (removed.length > 0) {
    console.log(`${bold('will be destroyed:')} ${inWords(removed)}`);
    if (!(await mayDestroy(removed, assumeYes))) {
      console.log('Nothing was changed.');
      return 1;
    }
  }
  if (writeContext('appServers', count)) console.log(`'appServers' in cdktf.json is ${count} now`);
  // They may depend on what was just written.
  forgetPlaces();
  // It has asked itself.
  return up({ assumeYes, check: false, adopt: false, allowDestroy: true });
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

async function mayDestroy(removed: readonly string[], assumeYes: boolean): Promise<boolean> {
  if (assumeYes) return true;
  if (process.stdin.isTTY && process.stdout.isTTY) return saysYes();
  throw new UserError(`${inWords(removed)} would be destroyed, and there is no terminal to ask on; add --yes`);
}
