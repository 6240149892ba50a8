import { join } from 'node:path';
import { PROJECT } from '../../app/folders';
import type { BenchCluster } from './bench-cluster';
import { replaceLeafKeys } from './leaf-keys';
import type { Tool } from './tool';

/** Plain CDK for Terraform, as a user without `./ecp` calls it. */
export function cdktfTool(bench: BenchCluster): Tool {
  return {
    subject: 'cdktf',
    commands: (action, appServers) => {
      if (action === 'plan') return undefined;
      const args = [action === 'destroy' ? 'destroy' : 'deploy', '--auto-approve', '--output', bench.outputDirectory];
      const env = bench.environment(appServers);
      // cdktf has no option for it; Terraform adds the variable's words to its own.
      if (action === 'rotate') env.TF_CLI_ARGS_apply = replaceLeafKeys(bench.stackDirectory).join(' ');
      return [{ program: join(PROJECT, 'node_modules', '.bin', 'cdktf'), args, env, cwd: PROJECT }];
    },
  };
}
