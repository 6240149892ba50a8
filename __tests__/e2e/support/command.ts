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
    this.child = spawn(join(cluster.project ?? PROJECT, 'ecp'), [...words], {
      env: { ...process.env, ...cluster.environment },
    });
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

  /**
   * Ends the command the hard way, `children` (Terraform and its providers) with it. Terraform empties its state before it writes it: in that
   * moment a kill loses the state, which is another story; so everything is held still first, and let go on once more when it is empty.
   *
   * @param whole A file that must not be empty when all has ended.
   */
  public async kill({ children, whole }: { readonly children: boolean; readonly whole?: string }): Promise<void> {
    const pids = [this.child.pid!, ...(children ? descendantsOf(this.child.pid!) : [])];
    const send = (signal: NodeJS.Signals): void => {
      for (const pid of pids) {
        try {
          process.kill(pid, signal);
        } catch {
          // It ended by itself in the meantime.
        }
      }
    };
    send('SIGSTOP');
    while (whole !== undefined && !isJson(whole)) {
      send('SIGCONT');
      await new Promise(resolve => setTimeout(resolve, 20));
      send('SIGSTOP');
    }
    send('SIGKILL');
    await this.ended;
  }
}

function isJson(file: string): boolean {
  try {
    JSON.parse(readFileSync(file, 'utf8'));
    return true;
  } catch {
    return false;
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
