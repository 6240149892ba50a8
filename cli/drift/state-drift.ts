import type { Limit } from '../../app/machine-facts';
import type { ContainerFacts } from '../access/docker';
import type { Part } from '../access/servers';
import type { ContainerInState } from '../terraform/terraform';
import type { Drift } from './drift';

/**
 * How a container differs from what the Terraform state says of it. A plan sees that a container of another id took the place of
 * its own, but not in what the two differ, and an apply stops at the taken name.
 *
 * @param unlimited what the daemon does not limit, whatever was asked
 */
export function stateDrift(server: Part, known: ContainerInState, unlimited: readonly Limit[] = []): Drift[] {
  const { facts, name } = server;
  if (facts.Id !== known.id) {
    const differences = [...recreationDifferences(server, known), ...updateDifferences(server, known, unlimited)];
    const words = differences.length > 0 ? `: ${differences.join(', ')}` : '';
    return [{ server: name, what: `its container was made by hand, not by Terraform${words}` }];
  }
  const found = updateDifferences(server, known, unlimited);
  if (facts.Name !== `/${known.name}`)
    found.push(`the container is called '${facts.Name.slice(1)}', deployed was '${known.name}'`);
  return found.map(what => ({ server: name, what }));
}

/** What docker update can change. */
function updateDifferences(
  { facts: { HostConfig: host } }: Part,
  known: ContainerInState,
  unlimited: readonly Limit[],
): string[] {
  const asked = (limit: 'memory' | 'cpu_shares'): number | undefined =>
    unlimited.includes(limit) ? undefined : known[limit];
  const compare = (what: string, is: unknown, was: unknown): string[] =>
    was === undefined || is === was ? [] : [`${what} is ${String(is)}, deployed was ${String(was)}`];
  return [
    ...compare('the memory limit in MiB', host.Memory / 1024 ** 2, asked('memory')),
    ...compare('the processor weight', host.CpuShares, asked('cpu_shares')),
    ...compare('the restart policy', policyOf(host.RestartPolicy), policyOf(restartInState(known))),
  ];
}

/** What only another container can have. Values of variables stay unsaid: nobody knows what somebody put there. */
function recreationDifferences({ facts }: Part, known: ContainerInState): string[] {
  const env = new Set(facts.Config.Env ?? []);
  const nameOf = (variable: string): string => variable.split('=')[0]!;
  const variables = (known.env ?? []).filter(each => !env.has(each)).map(nameOf);
  const labels = (known.labels ?? []).filter(({ label, value }) => facts.Config.Labels[label] !== value);
  return [
    ...(facts.Image === known.image ? [] : ['another image']),
    ...variables.map(each => `another value of the variable ${each}`),
    ...labels.map(({ label }) => `another value of the label ${label}`),
  ];
}

type RestartPolicy = ContainerFacts['HostConfig']['RestartPolicy'];

function restartInState({ restart, max_retry_count: times }: ContainerInState): RestartPolicy | undefined {
  return restart === undefined ? undefined : { Name: restart, MaximumRetryCount: times ?? 0 };
}

/** As `docker run --restart` has it. */
function policyOf(policy: RestartPolicy | undefined): string | undefined {
  if (policy?.Name !== 'on-failure') return policy?.Name;
  return `${policy.Name}:${policy.MaximumRetryCount ?? 0}`;
}
