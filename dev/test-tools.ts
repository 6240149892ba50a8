import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { canInstallPackages, installPackages } from '../cli/machine/apt';
import { Consent } from '../cli/machine/consent';
import { findProgram } from '../cli/machine/find-program';
import { UserError, step } from '../cli/terminal';

/** Debian package that every run of the tests calls; it has a program of the same name, as all that suites ask for. */
const ALWAYS = ['shellcheck'];

/** Packages without a program of their own name on PATH. */
const PROGRAMS: Readonly<Record<string, (() => boolean) | undefined>> = {
  postgresql: () => postgresqlFolder() !== undefined,
  'openssh-client': () => findProgram('ssh') !== undefined,
};

/** Where Debian keeps the programs of its PostgreSQL server, newest version first; they are not on PATH. */
export function postgresqlFolder(): string | undefined {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  return versions.map(version => join(root, version, 'bin')).find(bin => existsSync(join(bin, 'initdb')));
}

/** True when the program of a Debian package is here, however it came. */
export function hasTestTool(name: string): boolean {
  return PROGRAMS[name]?.() ?? findProgram(name) !== undefined;
}

/** How a program that only the tests need gets here, in words. */
export function howToBring(): string {
  return canInstallPackages() ? './ecp test --yes installs it' : 'install it';
}

/**
 * Installs the programs that only the tests need, where that can be done and is agreed to; elsewhere their suites are left out.
 *
 * @throws UserError when an installation that was agreed to fails
 */
export async function bringTestTools(needs: readonly string[], assumeYes: boolean): Promise<void> {
  const wanted = [...new Set([...ALWAYS, ...needs])];
  const missing = wanted.filter(name => !hasTestTool(name));
  if (missing.length === 0 || !canInstallPackages()) return;
  try {
    await new Consent(assumeYes).to([`install ${missing.join(', ')} for the tests`]);
  } catch (error) {
    if (error instanceof UserError) return;
    throw error;
  }
  await step(`Install ${missing.join(', ')}`, progress => installPackages(missing, progress));
}
