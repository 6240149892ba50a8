import { join } from 'node:path';
import { PROJECT } from '../../app/folders';
import type { BenchCluster } from './bench-cluster';
import type { Action, Tool } from './tool';

const ARGUMENTS: Readonly<Record<Action, readonly string[] | undefined>> = {
  deploy: ['up', '--yes'],
  'no-op': ['up', '--yes'],
  plan: undefined,
  'add one': ['up', '--yes'],
  'remove one': ['up', '--yes', '--allow-destroy'],
  rotate: ['rotate', '--yes'],
  destroy: ['down', '--volumes', '--yes'],
};

/** The operator's command of this project. */
export function ecpTool(bench: BenchCluster): Tool {
  return {
    subject: './ecp',
    commands: (action, appServers) => {
      const args = ARGUMENTS[action];
      return args && [{ program: join(PROJECT, 'ecp'), args, env: bench.environment(appServers), cwd: PROJECT }];
    },
  };
}
