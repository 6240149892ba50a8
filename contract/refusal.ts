import { join } from 'node:path';

/** This package's folder, whether its sources run or what was built of them. */
const PACKAGE = __dirname.replace(/([\\/]dist([\\/]cdktn)?)?[\\/]contract$/, '');
const OWN = ['constructs', 'contract', 'dist'].map(folder => join(PACKAGE, folder, '/'));

/** How many calls of this package may lie above the one of a user that is to blame. */
const DEEPEST = 100;

/** A property, a file or a name that is refused. Its stack begins where somebody else called this package: there the mistake is. */
export class Refusal extends Error {
  constructor(message: string) {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = Math.max(limit, DEEPEST);
    super(message);
    const words = this.stack;
    Error.stackTraceLimit = limit;
    if (words !== undefined) this.stack = withoutOwnCalls(words, `Error: ${message}`, limit);
  }
}

function withoutOwnCalls(stack: string, head: string, limit: number): string {
  const calls = stack.split('\n').filter(line => /^ +at /.test(line));
  const first = calls.findIndex(line => !OWN.some(folder => line.includes(folder)));
  return [head, ...calls.slice(Math.max(first, 0)).slice(0, limit)].join('\n');
}
