import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { PROJECT, SCRATCH } from '../../app/folders';
import { findGo } from '../../cli/machine/go';
import { execute } from './step';

/** The release that bench/compose/go.mod names. It speaks to Docker 20.10, whose API it settles on by itself. */
const VERSION = 'v2.40.3';

const PACKAGE = 'github.com/docker/compose/v2';

/** Words to start docker compose with: `['docker', 'compose']`, or a program of its own. */
export type ComposeProgram = readonly [program: string, ...args: string[]];

const BUILD_SEC = 1800;

/**
 * Finds docker compose as Docker's plugin, or as it was built here once, and otherwise builds it, which takes minutes.
 *
 * @throws Error in one sentence when there is none, and none could or should be built.
 */
export async function findCompose(mayBuild: boolean, signal: AbortSignal): Promise<ComposeProgram> {
  if (await isPlugin(signal)) return ['docker', 'compose'];
  const program = join(SCRATCH, 'bench', `docker-compose-${VERSION}`);
  if (existsSync(program)) return [program];
  if (!mayBuild) throw new Error('it is not installed, and a quick run does not build it; a full run does');
  await build(program, signal);
  return [program];
}

async function isPlugin(signal: AbortSignal): Promise<boolean> {
  try {
    const version = await execute(
      { program: 'docker', args: ['compose', 'version', '--short'], env: process.env },
      signal,
    );
    return /^v?[2-9]\./.test(version);
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

/** Depends on go.mod and go.sum alone, whatever the user's environment and `go env -w` say. */
async function build(program: string, signal: AbortSignal): Promise<void> {
  const go = await findGo().catch(() => undefined);
  if (!go) throw new Error('it is not installed, and Go to build it (1.25.8 or newer) is not either');
  const scratch = `${program}.${process.pid}`;
  mkdirSync(join(SCRATCH, 'bench'), { recursive: true });
  const args = [
    'build',
    '-trimpath',
    '-ldflags',
    `-s -w -X ${PACKAGE}/internal.Version=${VERSION}`,
    '-o',
    scratch,
    `${PACKAGE}/cmd`,
  ];
  const env = {
    ...process.env,
    CGO_ENABLED: '0',
    GOFLAGS: '-mod=readonly -buildvcs=false',
    GOWORK: 'off',
    GO111MODULE: 'on',
    HOME: process.env.HOME ?? homedir(),
  };
  try {
    const patience = AbortSignal.any([signal, AbortSignal.timeout(BUILD_SEC * 1000)]);
    await execute({ program: go.program, args, env, cwd: join(PROJECT, 'bench', 'compose') }, patience);
    renameSync(scratch, program);
  } finally {
    rmSync(scratch, { force: true });
  }
}
