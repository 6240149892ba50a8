import { canInstallPackages, installPackages } from './apt';
import { Consent } from './consent';
import { findProgram } from './find-program';
import { UserError, step } from '../terminal';

/** Debian packages that the tests call and nothing else needs; each has a program of the same name. */
const PACKAGES = ['shellcheck'];

/**
 * Installs the programs that only the tests need, where that can be done and is agreed to; elsewhere their suites are left out.
 *
 * @throws UserError when an installation that was agreed to fails
 */
export async function bringTestTools(): Promise<void> {
  const missing = PACKAGES.filter(name => !findProgram(name));
  if (missing.length === 0 || !canInstallPackages()) return;
  try {
    await new Consent(false).to([`install the package ${missing.join(', ')} for the tests`]);
  } catch (error) {
    if (error instanceof UserError) return;
    throw error;
  }
  await step(`Install ${missing.join(', ')}`, progress => installPackages(missing, progress));
}
