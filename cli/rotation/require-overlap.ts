import { caNumbersFile, numbersInState, type CaNumbers } from '../../app/authority-numbers';
import { serverNames } from '../../app/mirror';
import type { Synthesized } from '../../app/synthesize';
import type { LeftOut } from '../access/left-out';
import { silentInWords } from '../access/silent-nodes';
import { UserError } from '../terminal';
import { trustInUse } from './await-files';
import { breakingJump } from './ca-steps';

/**
 * Refuses a change of authority after which servers would not trust each other. A cluster that is new, or that the state does not
 * know, has nothing to break.
 *
 * @throws UserError with the deploy that has to come first.
 */
export async function requireOverlap(
  { settings, stateFile, caNumbers }: Synthesized,
  { silent, servers }: LeftOut,
): Promise<void> {
  const inState = numbersInState(stateFile);
  // Servers are asked only when something changes.
  if (!inState || areEqual(inState, caNumbers)) return;
  if (servers.length > 0)
    throw new UserError(
      `${silentInWords(silent)}, and a change of authority would cut ${servers.join(', ')} off: nothing was changed; run the same command when it answers`,
    );
  const jump = breakingJump(await trustInUse(settings.cluster, stateFile, serverNames(settings)), caNumbers);
  if (!jump) return;
  const { signingCa, trustedCas } = jump.first;
  const isSet = settings.signingCa !== undefined || settings.trustedCas !== undefined;
  const remedy = isSet
    ? `deploy ECP_SIGNING_CA=${signingCa} ECP_TRUSTED_CAS=${trustedCas.join(',')} first, or leave both unset and run ./ecp rotate --ca (docs/rotation.md)`
    : `the numbers are from '${caNumbersFile(stateFile)}', which does not belong to this state: remove it, and they are read from the state`;
  throw new UserError(`${jump.problem}; ${remedy}`, 2);
}

function areEqual(a: CaNumbers, b: CaNumbers): boolean {
  const list = ({ signingCa, trustedCas }: CaNumbers): string =>
    [signingCa, ...[...trustedCas].sort((x, y) => x - y)].join();
  return list(a) === list(b);
}
