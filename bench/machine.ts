import { readFileSync } from 'node:fs';
import { arch, cpus, loadavg, release, totalmem } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { run } from '../cli/process';

/** What a result was measured on; nothing that tells whose it is. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly system: string;
  readonly node: string;
  readonly terraform: string;
  readonly docker: string;
  readonly cdktf: string;
  /** Commit of this repository, with `+` when files were changed since. */
  readonly commit: string;
}

/** Asks the machine and the programs; what does not answer is `unknown`. */
export async function describeMachine(): Promise<Machine> {
  const [terraform, docker, commit, changes] = await Promise.all([
    said(process.env.TERRAFORM_BINARY_NAME ?? 'terraform', 'version', '-json'),
    said('docker', 'version', '--format', '{{.Server.Version}}'),
    said('git', 'rev-parse', '--short=12', 'HEAD'),
    said('git', 'status', '--porcelain', '--untracked-files=no'),
  ]);
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    system: `${nameOfSystem()}, Linux ${release().split('-')[0]}, ${arch()}`,
    node: process.versions.node,
    terraform: (/"terraform_version": *"([^"]+)"/.exec(terraform) ?? [])[1] ?? 'unknown',
    docker: docker || 'unknown',
    cdktf: (JSON.parse(readFileSync(require.resolve('cdktf/package.json'), 'utf8')) as { version: string }).version,
    commit: `${commit || 'unknown'}${changes ? '+' : ''}`,
  };
}

/** Above this share of each core something else runs, and figures are not worth keeping. */
const BUSY = 0.5;

/** The kernel's average of a minute still knows of what has just ended. */
const SETTLE_SEC = 180;

/** Waits for other work to end, for three minutes at most. @returns a sentence when it goes on */
export async function awaitIdle(signal: AbortSignal): Promise<string | undefined> {
  for (let waited = 0; waited < SETTLE_SEC && isBusy() && !signal.aborted; waited += 5)
    await pause(5000, undefined, { signal }).catch(() => undefined);
  return isBusy() ? sentenceOf(loadavg()[0] ?? 0) : undefined;
}

function isBusy(): boolean {
  return (loadavg()[0] ?? 0) > BUSY * cpus().length;
}

function sentenceOf(load: number): string {
  return `The machine was busy when the benchmark began (load average ${load.toFixed(1)} on ${cpus().length} cores): its figures are too high.`;
}

function nameOfSystem(): string {
  try {
    return (/^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8')) ?? [])[1] ?? 'unknown system';
  } catch {
    return 'unknown system';
  }
}

async function said(program: string, ...args: string[]): Promise<string> {
  const { code, stdout } = await run(program, args, { timeoutSec: 30 });
  return code === 0 ? stdout.trim() : '';
}
