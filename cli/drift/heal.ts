import { isAsWanted } from '../access/fenced';
import { deliveryName } from '../../contract/names';
import { docker } from '../access/docker';
import type { ClusterReport } from '../cluster-report';
import type { Part } from '../access/servers';
import { ENTRY_POINT_NAME } from '../../contract/entry-point';
import { visible } from '../terminal';
import { readStack } from '../terraform/stack-file';
import type { Drift } from './drift';

/** Servers that do not run: a plan starts a stopped one, and leaves a paused one as it is (measured). */
export function haltedServers(servers: readonly Part[]): Drift[] {
  return servers.flatMap(({ name, container, facts: { State: state } }): Drift[] => {
    if (state.Paused) return [{ server: name, what: 'it was paused', docker: ['unpause', container] }];
    return state.Running ? [] : [{ server: name, what: `it did not run (exit code ${state.ExitCode})` }];
  });
}

/** Repairs what Docker alone can repair, before Terraform plans, in the servers that are still there. */
export async function healByDocker(drift: readonly Drift[], servers: readonly Part[]): Promise<void> {
  for (const { server, docker: args } of drift) {
    const found = servers.find(({ name }) => name === server);
    // On the engine that the server runs on.
    if (args && found) await docker(args, 60, found.facts);
  }
}

/** Terraform's addresses of the deliveries that bring the servers' files again, for `-replace`. */
export function deliveriesToRepeat(drift: readonly Drift[], stackDirectory: string, cluster: string): string[] {
  const servers = new Set(drift.filter(({ redeliver }) => redeliver).map(({ server }) => server));
  const names = new Set([...servers].map(server => deliveryName(cluster, server)));
  return Object.entries(readStack(stackDirectory).resource.docker_container ?? {})
    .filter(([, { name }]) => name !== undefined && names.has(name))
    .map(([id]) => `docker_container.${id}`);
}

/** A line for each difference whose server is as it should be now. */
export function healedLines(
  drift: readonly Drift[],
  { servers, entryPoint, monitoring = [] }: Pick<ClusterReport, 'servers' | 'entryPoint' | 'monitoring'>,
): string[] {
  const well = new Set(
    servers.filter(each => isAsWanted(each.state) && each.drift.length === 0).map(({ server }) => server.name),
  );
  for (const part of [...(entryPoint ? [{ ...entryPoint, name: ENTRY_POINT_NAME }] : []), ...monitoring])
    if (part.reason === '' && part.drift.length === 0) well.add(part.name);
  return drift.filter(({ server }) => well.has(server)).map(({ server, what }) => `healed ${server}: ${visible(what)}`);
}
