import { homedir, tmpdir } from 'node:os';
import { run } from '../process';
import { UserError } from '../terminal';
import { isAtLeast } from './docker-version';
import { findProgram } from './find-program';

/** The `go` line of providers/go.mod. */
export const MINIMUM_GO = '1.25.8';

/** A Go command that can build the providers. */
export interface GoProgram {
  readonly program: string;
  readonly version: string;
}

/**
 * Finds Go, on PATH or where its own installer puts it.
 *
 * @throws UserError when it is missing, or too old to build the providers.
 */
export async function findGo(): Promise<GoProgram> {
  const why = 'the Terraform registry does not answer, so the two Terraform providers are built here';
  const remedy = `install Go ${MINIMUM_GO} or newer (https://go.dev/doc/install)`;
  const program = findProgram('go', ['/usr/local/go/bin', '/usr/lib/go/bin']);
  if (!program) throw new UserError(`Go is missing; ${why}: ${remedy}`);
  // Asked outside of any module, where Go does not switch to another toolchain.
  const answer = await run(program, ['env', 'GOVERSION', 'GOTOOLCHAIN'], {
    cwd: tmpdir(),
    env: { GOWORK: 'off', HOME: process.env.HOME ?? homedir() },
    timeoutSec: 15,
  });
  const [release = '', toolchain = ''] = answer.stdout.split('\n');
  const version = /^go(\d+(\.\d+)*)/.exec(release)?.[1] ?? '';
  if (answer.code !== 0 || version === '')
    throw new UserError(`${program} does not report its version (${answer.stderr.trim().split('\n')[0]}): ${remedy}`);
  const fetchesNewer = isAtLeast(version, '1.21') && toolchain !== 'local';
  if (!isAtLeast(version, MINIMUM_GO) && !fetchesNewer)
    throw new UserError(`Go is ${version}, at least ${MINIMUM_GO} is needed; ${why}: ${remedy}`);
  return { program, version };
}
