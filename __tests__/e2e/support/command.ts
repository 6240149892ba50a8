import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT, type TestCluster } from './test-cluster';

/** A running `./ecp` that can be ended in the middle. */
export class Command {
  public output = '';
  public readonly ended: Promise<{ readonly code: number | null; readonly output: string }>;
  private readonly child: ChildProcess;
  private closed = false;

  public constructor(
    private readonly words: readonly string[],
    cluster: TestCluster,
  ) {
    this.child = spawn(join(PROJECT, 'ecp'), [...words], { env: { ...process.env, ...cluster.environment } });
    for (const stream of [this.child.stdout!, this.child.stderr!])
      stream.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    this.ended = new Promise(resolve =>
      this.child.on('close', code => {
        this.closed = true;
        resolve({ code, output: this.output });
      }),
    );
  }

  /** Waits until it has printed something. */
  public async prints(pattern: RegExp, timeoutSec = 120): Promise<void> {
    const end = Date.now() + timeoutSec * 1000;
    while (!pattern.test(this.output)) {
      if (this.closed || Date.now() > end)
        throw new Error(`./ecp ${this.words.join(' ')} did not print ${String(pattern)}:\n${this.output}`);
      await new Promise(resolve => setTimeout(resolve, 20));
    }
  }

  /** A wish to end, to the command alone, as a service manager sends it. */
  public interrupt(): void {
    this.child.kill('SIGINT');
  }

  /** Ends the command the hard way, `children` (Terraform and its providers) with it. */
  public async kill({ children }: { readonly children: boolean }): Promise<void> {
    const pids = [this.child.pid!, ...(children ? descendantsOf(this.child.pid!) : [])];
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended by itself in the meantime.
      }
    }
    await this.ended;
  }
}

function descendantsOf(pid: number): number[] {
  const parents = readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(name => [Number(name), parentOf(name)] as const);
  const children = parents.filter(([, parent]) => parent === pid).map(([child]) => child);
  return children.flatMap(child => [child, ...descendantsOf(child)]);
}

function parentOf(pid: string): number | undefined {
  try {
    // The name in parentheses may hold anything.
    return Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]);
  } catch {
    return undefined;
  }
}
