import { onStderr } from './terminal';

/**
 * Ends this process when its output cannot be written, as on a full disk: in one sentence, or quietly where nobody reads any more.
 * While Terraform works `run` listens as well, and the work goes on; the exit code reports it afterwards.
 *
 * @returns what to call at the end, with the exit code of the command: the exit code to end with
 */
export function watchOutput(): (code: number) => number {
  let failure: NodeJS.ErrnoException | undefined;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      const isFirst = failure === undefined;
      failure ??= error;
      if (stream.listenerCount('error') > 1) return;
      if (isFirst) tell(failure, stream === process.stdout);
      process.exit(codeOf(failure));
    });
  }
  return code => {
    if (failure === undefined) return code;
    tell(failure, true);
    return code === 0 ? codeOf(failure) : code;
  };
}

/** As a shell says of a program that SIGPIPE ended. */
function codeOf({ code }: NodeJS.ErrnoException): number {
  return code === 'EPIPE' ? 141 : 1;
}

function tell({ code, message }: NodeJS.ErrnoException, canSay: boolean): void {
  if (code === 'EPIPE' || !canSay) return;
  process.stderr.write(
    `${onStderr.red('error:')} the output must be written, and cannot be (${message}): make room, or write it elsewhere\n`,
  );
}
