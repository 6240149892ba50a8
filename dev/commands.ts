import type { Command } from '../cli/command-line';

/** Commands of this repository, which a cluster has no use for. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  test: {
    options: ['all', 'repeat', 'yes'],
    takesArguments: true,
    run: async ({ all = false, repeat, yes = false }, names) =>
      (await import('./test/run-suites.js')).test({ all, repeat, assumeYes: yes, names }),
  },
};
