import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from '../app/folders';
import { run } from '../cli/process';
import { bringLinters } from './linters';

/** The bindings of cdktf's fork, as Python packages. */
const BINDINGS = [
  { type: 'docker', version: '16.1.0', sha256: 'a99cc4ad745a5c1293113bdd961a7ed8eac6d5838463149b9c7fd65997090088' },
  { type: 'tls', version: '14.1.1', sha256: 'aabd61b7fae9fea875e495c58a4e4fe31abeb6ce0e086336adc35cd3553361e8' },
];
const REQUIREMENTS = BINDINGS.map(
  ({ type, version, sha256 }) => `cdktn-provider-${type}==${version} --hash=sha256:${sha256}\n`,
).join('');
const FOLDER = join(PROJECT, '.ecp', 'cdktn');
const STAMP = 'requirements.txt';

/** An npm package with bindings. */
export interface ForkBinding {
  readonly name: string;
  /** What `npm install` takes. */
  readonly tarball: string;
  /** The same, unpacked. */
  readonly folder: string;
}

/** The bindings, or undefined when they were not brought yet. */
export function findForkBindings(): readonly ForkBinding[] | undefined {
  const stamp = join(FOLDER, STAMP);
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== REQUIREMENTS) return undefined;
  return BINDINGS.map(({ type, version }) => ({
    name: `@cdktn/provider-${type}`,
    tarball: join(FOLDER, tarballOf(type, version)),
    folder: join(FOLDER, type, 'package'),
  }));
}

/** Where the Python package carries the npm package that it calls. */
function tarballOf(type: string, version: string): string {
  return join('python', `cdktn_provider_${type}`, '_jsii', `provider-${type}@${version}.jsii.tgz`);
}

/**
 * Brings the bindings for the tests that run on the fork, once. They come as Python packages, since not every npm registry has them.
 *
 * @returns why they are missing, if they are
 */
export async function bringForkBindings(): Promise<string | undefined> {
  if (findForkBindings()) return undefined;
  const linters = await bringLinters();
  if ('missing' in linters) return linters.missing;
  const scratch = `${FOLDER}.${process.pid}`;
  mkdirSync(scratch, { recursive: true });
  try {
    writeFileSync(join(scratch, STAMP), REQUIREMENTS);
    // Their Python dependencies are left out: nothing of Python is run.
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '--no-compile'];
    const what = ['--only-binary', ':all:', '--require-hashes', '--requirement', STAMP, '--target', 'python'];
    const unpack = BINDINGS.map(({ type, version }) => ['-m', 'tarfile', '-e', tarballOf(type, version), type]);
    for (const args of [[...pip, ...what], ...unpack]) {
      const { code, stderr } = await run(join(linters.folder, 'python'), args, { cwd: scratch, timeoutSec: 300 });
      if (code !== 0) return `'python ${args.join(' ')}' failed: ${stderr.trim().split('\n').pop()}`;
    }
    rmSync(FOLDER, { recursive: true, force: true });
    renameSync(scratch, FOLDER);
    return undefined;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
