import type { Command } from '../cli/command-line';

/** Commands of this repository, which a cluster has no use for. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  test: {
    options: ['all', 'repeat'],
    takesArguments: true,
    run: async ({ all = false, repeat }, names) => (await import('./test/run-suites.js')).test({ all, repeat, names }),
  },
};
