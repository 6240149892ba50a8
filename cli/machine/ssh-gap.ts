import { UserError } from '../terminal';
import { canInstallPackages, installPackages } from './apt';
import { findProgram } from './find-program';
import type { Gap } from './gap';

const PACKAGE = 'openssh-client';

/**
 * What must be done until there is an ssh, which Docker and its provider reach nodes with; undefined when there is one.
 *
 * @throws UserError when only the user can do it.
 */
export function sshGap(): Gap | undefined {
  if (findProgram('ssh') !== undefined) return undefined;
  if (canInstallPackages())
    return {
      title: 'Install ssh',
      changes: [`install ${PACKAGE}`],
      bring: progress => installPackages([PACKAGE], progress),
    };
  throw new UserError(
    `ssh is missing, and 'nodes' has addresses that begin with ssh://: install it (on Debian or Ubuntu 'sudo apt-get install ${PACKAGE}')`,
  );
}
