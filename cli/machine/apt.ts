import { readFileSync } from 'node:fs';
import { run } from '../process';
import { UserError, type Progress } from '../terminal';
import { findProgram } from './find-program';

const QUIET = {
  DEBIAN_FRONTEND: 'noninteractive',
  // Ubuntu's needrestart would ask which services to restart.
  NEEDRESTART_MODE: 'a',
};

/** What `apt-get update` said in this run: it calls a source that cannot be reached a warning, and succeeds. */
let updateSaid: string | undefined;

/** True for root on Debian or Ubuntu: the only case in which packages are installed. */
export function canInstallPackages(release = '/etc/os-release'): boolean {
  if (process.getuid?.() !== 0 || !findProgram('apt-get')) return false;
  try {
    return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync(release, 'utf8'));
  } catch {
    return false;
  }
}

/** Installs packages without their recommendations; the package lists are fetched once a run. */
export async function installPackages(packages: readonly string[], progress: Progress): Promise<void> {
  if (updateSaid === undefined) {
    progress('apt-get update');
    updateSaid = await apt(['update', '-q'], packages);
  }
  progress(`apt-get install ${packages.join(' ')}`);
  await apt(['install', '-q', '-y', '--no-remove', '--no-install-recommends', ...packages], packages, line => {
    if (/^(Get:|Unpacking|Setting up)/.test(line)) progress(line.replace(/ \.\.\.$/, ''));
  });
}

async function apt(
  args: readonly string[],
  packages: readonly string[],
  onLine?: (line: string) => void,
): Promise<string> {
  const result = await run('apt-get', ['-o', 'DPkg::Lock::Timeout=300', ...args], {
    env: QUIET,
    timeoutSec: 900,
    onLine,
  });
  if (result.code === 0) return result.stderr;
  const unreached = /^W: Failed to fetch .*$/m.exec(updateSaid ?? '')?.[0];
  const complaint = unreached ?? /^E: .*$/m.exec(result.stderr)?.[0] ?? `exit code ${result.code}`;
  throw new UserError(
    `'apt-get ${args[0]}' failed (${complaint}): check the network and /etc/apt, then run 'apt-get install ${packages.join(' ')}' by hand or 'ecp up' again`,
  );
}
