/**
 * Runs a synthesis without the stacks that cdktf notes for each of its tokens, some thousand, each put into words with source maps: a
 * third of the time of a large cluster. They only tell, of a token that cannot be resolved, where it was made. Errors keep theirs.
 */
export function withoutTokenTraces<T>(synthesize: () => T): T {
  const before = Error.prepareStackTrace;
  // cdktf asks for the stack of a plain object (its captureStackTrace, lib/tokens/private/stack-trace.js).
  Error.prepareStackTrace = (error: unknown, frames) => {
    if (!(error instanceof Error)) return '';
    return before ? (before(error, frames) as string) : [String(error), ...frames.map(String)].join('\n    at ');
  };
  try {
    return synthesize();
  } finally {
    Error.prepareStackTrace = before;
  }
}
