import { spawn, type ChildProcess } from 'node:child_process';

/** What a finished child process left behind. */
export interface ProcessResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Options of `run`. */
export interface RunOptions {
  readonly cwd?: string;
  /** Variables added to the parent's environment; `undefined` removes one. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Text for standard input. @default - standard input is empty */
  readonly input?: string;
  /** The child is killed after this many seconds and the code is 124, as with timeout(1). @default - no limit */
  readonly timeoutSec?: number;
  /** Kills the child when it aborts. */
  readonly signal?: AbortSignal;
  /** Asks the child to end, by SIGINT, when it aborts; when it has aborted already, nothing is started, and the code is 130. */
  readonly interrupt?: AbortSignal;
  /**
   * Called with the count at each SIGINT or SIGTERM that this process gets while the child runs, and at a SIGHUP if it comes first; none
   * of them then ends this process, nor does an output that nobody reads any more. The child gets a process group of its own, so that Ctrl-C does not reach it past us, and one SIGINT for each call.
   */
  readonly onInterrupt?: (count: number) => void;
  /** Called for each line of standard output and standard error as it arrives. */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
}

/** Runs a program without a shell and collects its output; a program that does not exist gives code 127. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<ProcessResult> {
  // Such a signal tells its listeners no more.
  if (options.interrupt?.aborted) return Promise.resolve({ code: 130, stdout: '', stderr: '' });
  return new Promise(resolve => {
    const child = spawn(program, [...args], {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
      signal: options.signal,
      killSignal: 'SIGKILL',
      detached: options.onInterrupt !== undefined,
    });
    const stopListening = passInterrupts(child, options.onInterrupt);
    options.interrupt?.addEventListener('abort', () => child.kill('SIGINT'), { once: true });
    const text = { stdout: '', stderr: '' };
    const partial = { stdout: '', stderr: '' };
    let timedOut = false;
    const timer =
      options.timeoutSec === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            child.kill('SIGKILL');
          }, options.timeoutSec * 1000);
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (chunk: string) => {
        text[stream] += chunk;
        if (!options.onLine) return;
        const lines = (partial[stream] + chunk).split('\n');
        partial[stream] = lines.pop() ?? '';
        for (const line of lines) options.onLine(line, stream);
      });
    }
    child.on('error', error => {
      clearTimeout(timer);
      stopListening();
      resolve({ code: 127, stdout: text.stdout, stderr: error.message });
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      stopListening();
      for (const stream of ['stdout', 'stderr'] as const)
        if (partial[stream] && options.onLine) options.onLine(partial[stream], stream);
      resolve({ code: timedOut ? 124 : (code ?? (signal ? 130 : 1)), ...text });
    });
    // A child that does not read its input closes the pipe early; its exit code tells what happened.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });
}

/** What is written to a terminal that is gone fails; without a listener that would end this process, and its child by SIGPIPE. */
const ignore = (): void => undefined;

/** @returns what ends it */
function passInterrupts(child: ChildProcess, onInterrupt: RunOptions['onInterrupt']): () => void {
  if (!onInterrupt) return () => undefined;
  let count = 0;
  const pass = (): void => {
    child.kill('SIGINT');
    onInterrupt(++count);
  };
  // Of a terminal that is gone the kernel and the shell may tell both; a second interrupt would end the child at once.
  let isTerminalGone = false;
  const hangUp = (): void => {
    isTerminalGone = true;
    if (count === 0) pass();
  };
  const listeners = { SIGINT: pass, SIGTERM: pass, SIGHUP: hangUp };
  const streams = [process.stdout, process.stderr];
  for (const [signal, listener] of Object.entries(listeners)) process.on(signal, listener);
  for (const stream of streams) stream.on('error', ignore);
  return () => {
    for (const [signal, listener] of Object.entries(listeners)) process.off(signal, listener);
    // What this process still has to tidy up must not end at its last words.
    if (!isTerminalGone) for (const stream of streams) stream.off('error', ignore);
  };
}
