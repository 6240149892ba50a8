import type { Command } from '../cli/command-line';
import { test } from './test/run-suites';

/** Commands of this repository, which a cluster has no use for. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  test: {
    options: ['all', 'repeat', 'yes'],
    takesArguments: true,
    run: ({ all = false, repeat, yes = false }, names) => test({ all, repeat, assumeYes: yes, names }),
  },
};
