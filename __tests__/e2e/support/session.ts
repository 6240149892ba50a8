import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';

/** `ecp-node session` in a container: commands in, one answer each. */
export class Session {
  private readonly child: ChildProcessWithoutNullStreams;
  private partial = '';
  private words = '';
  private ended = false;
  private waiting?: { readonly count: number; readonly answers: string[]; readonly settle: (error?: Error) => void };

  public constructor(container: string, environment: NodeJS.ProcessEnv = {}) {
    this.child = spawn('docker', ['exec', '-i', container, 'ecp-node', 'session'], {
      env: { ...process.env, ...environment },
    });
    this.child.stdin.on('error', () => undefined);
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => this.read(text));
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => (this.words += text));
    this.child.on('error', error => this.over(error.message));
    this.child.on('close', code => this.over(`the session ended with code ${code}: ${this.words.trim()}`));
  }

  /** Sends commands and returns as many answers; fails when the session ends before or is silent for too long. */
  public ask(commands: readonly string[], patienceSec: number): Promise<string[]> {
    return new Promise((resolve, reject) => {
      if (this.ended) return reject(new Error(`the session has ended: ${this.words.trim()}`));
      const answers: string[] = [];
      const timer = setTimeout(
        () => this.waiting?.settle(new Error(`no answer for ${patienceSec} s`)),
        patienceSec * 1000,
      );
      const settle = (error?: Error) => {
        clearTimeout(timer);
        this.waiting = undefined;
        if (error) reject(error);
        else resolve(answers);
      };
      this.waiting = { count: commands.length, answers, settle };
      this.child.stdin.write(commands.map(command => `${command}\n`).join(''));
    });
  }

  public end(): void {
    this.ended = true;
    this.child.stdin.end();
    this.child.kill('SIGKILL');
  }

  private read(text: string): void {
    const lines = (this.partial + text).split('\n');
    this.partial = lines.pop() ?? '';
    for (const line of lines) this.waiting?.answers.push(line);
    if (this.waiting && this.waiting.answers.length >= this.waiting.count) this.waiting.settle();
  }

  private over(words: string): void {
    this.ended = true;
    this.waiting?.settle(new Error(words));
  }
}
