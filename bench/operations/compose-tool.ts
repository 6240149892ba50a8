import { join } from 'node:path';
import { PROJECT } from '../../app/folders';
import type { BenchCluster } from './bench-cluster';
import { composeFileIn, writeComposeFiles } from './compose-files';
import type { ComposeProgram } from './compose-program';
import type { Command } from './step';
import { synthesize } from './synthesize';
import type { Action, Tool } from './tool';

// Ready for each wait: as Terraform, it ends when all are healthy. A service that the file no longer has is an orphan to it.
const UP = ['up', '--detach', '--wait', '--remove-orphans'];

const ARGUMENTS: Readonly<Record<Exclude<Action, 'plan' | 'rotate'>, readonly string[]>> = {
  deploy: UP,
  'no-op': UP,
  'add one': UP,
  'remove one': UP,
  destroy: ['down', '--volumes', '--remove-orphans'],
};

/**
 * Docker compose with the article's layout: certificates that a script makes with openssl, bind-mounted from the host. Images,
 * configuration and probes are those of the stack. Making certificates is a part of its deploy and is its rotation.
 */
export function composeTool(bench: BenchCluster, [program, ...words]: ComposeProgram): Tool {
  const folder = join(bench.folder, 'project');
  const file = composeFileIn(folder);
  return {
    subject: 'docker compose',
    prepare: async (appServers, signal) => {
      await synthesize(bench, appServers, signal);
      writeComposeFiles(bench.stackDirectory, folder);
    },
    commands: (action, appServers) => {
      if (action === 'plan') return undefined;
      const env = bench.environment(appServers);
      const certificates: Command = {
        program: join(PROJECT, 'bench', 'compose', 'certificates.sh'),
        args: [folder],
        env,
      };
      if (action === 'rotate') return [certificates];
      const args = [...words, '--ansi', 'never', '--file', file, ...ARGUMENTS[action]];
      const compose: Command = { program, args, env };
      return action === 'deploy' ? [certificates, compose] : [compose];
    },
  };
}
