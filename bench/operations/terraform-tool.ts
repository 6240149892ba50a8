import type { BenchCluster } from './bench-cluster';
import { replaceLeafKeys } from './leaf-keys';
import { execute } from './step';
import { synthesize } from './synthesize';
import type { Action, Tool } from './tool';

const ARGUMENTS: Readonly<Record<Action, readonly string[]>> = {
  deploy: ['apply', '-auto-approve'],
  'no-op': ['apply', '-auto-approve'],
  plan: ['plan'],
  'add one': ['apply', '-auto-approve'],
  'remove one': ['apply', '-auto-approve'],
  rotate: ['apply', '-auto-approve'],
  destroy: ['destroy', '-auto-approve'],
};

const NOT_ASKING = ['-input=false', '-no-color'];

/** Terraform alone, in a folder where the stack is written and the providers are installed: its own part of any deploy. */
export function terraformTool(bench: BenchCluster, program: string): Tool {
  const command = (args: readonly string[], appServers: number) => ({
    program,
    args: [...args, ...NOT_ASKING],
    env: bench.environment(appServers),
    cwd: bench.stackDirectory,
  });
  return {
    subject: 'terraform',
    prepare: async (appServers, signal) => {
      await synthesize(bench, appServers, signal);
      await execute(command(['init'], appServers), signal);
    },
    commands: (action, appServers) => {
      const replace = action === 'rotate' ? replaceLeafKeys(bench.stackDirectory) : [];
      return [command([...ARGUMENTS[action], ...replace], appServers)];
    },
  };
}
