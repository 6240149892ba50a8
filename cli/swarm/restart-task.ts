import { stopContainer } from '../access/container';
import { docker } from '../access/docker';
import type { Server } from '../access/servers';
import { SWARM_SERVICE } from '../access/swarm-label';
import { UserError } from '../terminal';
import { askSwarm } from './nodes';

interface TaskTemplate {
  readonly RestartPolicy?: { readonly Condition?: string };
  readonly ContainerSpec?: {
    /** Nanoseconds. */
    readonly StopGracePeriod?: number;
  };
}

const DEFAULT_GRACE_SEC = 10;

/**
 * Ends the task of a server on its node, and the swarm starts another. An update by force would do the same and change the service, which
 * the next plan would want to change back.
 *
 * @throws UserError when the service says that a task which ends is not to be followed by another.
 */
export async function restartTask(cluster: string, { name, facts }: Server): Promise<void> {
  const { manager } = await askSwarm(cluster);
  const service = facts.Config.Labels[SWARM_SERVICE] ?? '';
  const format = ['--format', '{{json .Spec.TaskTemplate}}'];
  const template = JSON.parse(
    await docker(['service', 'inspect', ...format, service], 30, { endpoint: manager }),
  ) as TaskTemplate;
  const condition = template.RestartPolicy?.Condition ?? 'any';
  if (condition !== 'any')
    throw new UserError(
      `'restart' must be 'unless-stopped' or 'always' for ${name} to be restarted on a swarm, got a service that restarts on '${condition}'; set ECP_RESTART, or move it with ./ecp drain`,
    );
  // To the engine of the node it is any container, whose own time would be 10 s.
  const graceNs = template.ContainerSpec?.StopGracePeriod;
  await stopContainer(facts, graceNs === undefined ? DEFAULT_GRACE_SEC : Math.ceil(graceNs / 1e9));
}
