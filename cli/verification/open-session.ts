import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawnDocker } from '../access/docker';
import type { Server } from '../access/servers';

/** A session of `ecp-node` that stays open while something else is done. */
export class OpenSession {
  private readonly child: ChildProcessWithoutNullStreams;
  private answers = '';
  private asked = 0;

  constructor(
    private readonly server: Server,
    namespace: string,
  ) {
    this.child = spawnDocker(
      ['exec', '-i', server.facts.Id, 'ecp-node', 'session', '--namespace', namespace],
      server.facts,
    );
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => (this.answers += text));
    this.child.stderr.resume();
    // A pipe to a process that has ended shows in the answers.
    this.child.stdin.on('error', () => undefined);
  }

  /** Sends commands that answer `ok`, and waits for that. @throws Error with what came instead. */
  public async ask(commands: readonly string[], timeoutSec = 30): Promise<void> {
    this.asked += commands.length;
    this.child.stdin.write(commands.map(command => `${command}\n`).join(''));
    const end = Date.now() + timeoutSec * 1000;
    while (this.answers !== 'ok\n'.repeat(this.asked)) {
      if (Date.now() > end || this.child.exitCode !== null)
        throw new Error(`a session on ${this.server.name} answered ${JSON.stringify(this.answers.slice(-200))}`);
      await new Promise(resolve => setTimeout(resolve, 100));
    }
  }

  public close(): void {
    this.child.stdin.end();
    this.child.kill();
  }
}
