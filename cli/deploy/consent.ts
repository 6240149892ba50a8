import type { Synthesized } from '../../app/synthesize';
import { saysYes } from '../machine/consent';
import { UserError, bold } from '../terminal';
import { inWords } from '../views/names';
import { whoseElse } from './foreign';
import { lossesOf } from './losses';
import { presentOf, type Present } from './present';

/** What was agreed to beforehand. `--yes` and CI=true agree to neither: a job that renews certificates has them. */
export interface DeployConsent {
  /** A cluster that another state deployed is taken over. */
  readonly adopt: boolean;
  /** What the settings do not have any more is destroyed. */
  readonly allowDestroy: boolean;
  /** What was shown by name and agreed to; nothing else is destroyed. @default - nothing */
  readonly agreedLosses?: readonly string[];
}

/**
 * Asks before a deploy takes over what is not its own, or destroys for good what serves clients or holds data.
 *
 * @param present What of the cluster is there
 * @returns false when the answer was no
 * @throws UserError when there is nobody to ask; nothing was changed
 */
export async function agreeToDeploy(
  stack: Synthesized,
  consent: DeployConsent,
  present: readonly Present[],
): Promise<boolean> {
  const { settings, stateFile } = stack;
  const whose = await whoseElse(settings.cluster, stateFile, present);
  if (whose !== undefined && !consent.adopt) {
    const what = `${whose}; a deploy from here would recreate its servers around its data`;
    if (!(await agree(what, `change it there, take it over with --adopt, or choose another name in 'cluster'`)))
      return false;
  }
  const lost = lossesOf(stack, present).filter(name => !consent.agreedLosses?.includes(name));
  if (lost.length === 0) return true;
  printLosses(lost);
  if (consent.allowDestroy) return true;
  return agreeToLosses(
    lost,
    'keep what is there (./ecp scale N writes a number of servers down), or add --allow-destroy',
  );
}

/** Says what will be destroyed. */
export function printLosses(lost: readonly string[]): void {
  console.log(`${bold('will be destroyed:')} ${inWords(lost)}`);
}

/**
 * Asks before that is destroyed which the settings do not have.
 *
 * @returns false when the answer was no
 * @throws UserError with the remedy when there is nobody to ask
 */
export function agreeToLosses(lost: readonly string[], remedy: string): Promise<boolean> {
  return agree(`${inWords(lost)} would be destroyed, since the settings do not have it`, remedy);
}

/** @throws UserError when a cluster that is to be removed is another state's. */
export async function requireOwnCluster(
  { settings: { cluster }, stateFile }: Synthesized,
  adopt: boolean,
): Promise<void> {
  const whose = adopt ? undefined : await whoseElse(cluster, stateFile, await presentOf(cluster));
  if (whose !== undefined)
    throw new UserError(`${whose}; remove it from there, or add --adopt to remove it from here. Nothing was removed`);
}

async function agree(what: string, remedy: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stdout.isTTY)
    throw new UserError(`${what}, and there is no terminal to ask on: ${remedy}. Nothing was changed`);
  console.log(`${what[0]!.toUpperCase()}${what.slice(1)}.`);
  return saysYes();
}
