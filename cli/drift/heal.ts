import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Server } from '../cluster';
import { docker } from '../docker';
import type { Drift } from './drift';

/** Servers that do not run: a plan starts a stopped one, and leaves a paused one as it is (measured). */
export function haltedServers(servers: readonly Server[]): Drift[] {
  return servers.flatMap(({ name, container, facts: { State: state } }): Drift[] => {
    if (state.Paused) return [{ server: name, what: 'it was paused', docker: ['unpause', container] }];
    return state.Running ? [] : [{ server: name, what: `it did not run (exit code ${state.ExitCode})` }];
  });
}

/** Mends what Docker alone can mend, before Terraform plans, in the servers that are still there. */
export async function healByDocker(drift: readonly Drift[], servers: readonly Server[]): Promise<void> {
  for (const { server, docker: args } of drift)
    if (args && servers.some(({ name }) => name === server)) await docker(args);
}

/** Terraform's addresses of the deliveries that bring the servers' files again, for `-replace`. */
export function deliveriesToRepeat(drift: readonly Drift[], stackDirectory: string, cluster: string): string[] {
  const servers = new Set(drift.filter(({ redeliver }) => redeliver).map(({ server }) => server));
  const names = new Set([...servers].map(server => `${cluster}-${server}-files`));
  const stack = JSON.parse(readFileSync(join(stackDirectory, 'cdk.tf.json'), 'utf8')) as {
    resource: { docker_container?: Record<string, { readonly name: string }> };
  };
  return Object.entries(stack.resource.docker_container ?? {})
    .filter(([, { name }]) => names.has(name))
    .map(([id]) => `docker_container.${id}`);
}
