import { UserError } from '../terminal';
import { readStack } from './stack-file';
import { resourcesInState } from './terraform';

/** Kinds of resources that servers are, by where they run. */
const PLATFORMS = { docker_container: 'Docker hosts', docker_service: 'a swarm' } as const;

type Platform = keyof typeof PLATFORMS;

/**
 * Data does not move with a cluster: a plan that makes its servers elsewhere would begin with an empty database.
 *
 * @throws UserError when the state has the servers on another platform than the stack.
 */
export function requireSamePlatform(stackDirectory: string, stateFile: string, cluster: string): void {
  const { resource } = readStack(stackDirectory);
  const wanted = Object.keys(PLATFORMS).find(type => isDataServerIn(Object.values(resource[type] ?? {}))) as
    Platform | undefined;
  const present = Object.keys(PLATFORMS).find(type => isDataServerInState(stateFile, type)) as Platform | undefined;
  if (wanted === undefined || present === undefined || wanted === present) return;
  throw new UserError(
    `the cluster '${cluster}' must stay on ${PLATFORMS[present]}, where its data is, and the settings want it on ${PLATFORMS[wanted]}: choose another name in 'cluster' (ECP_CLUSTER) for a second one, or take this one down first`,
  );
}

function isDataServerIn(
  resources: readonly { readonly '//': { readonly metadata: { readonly path: string } } }[],
): boolean {
  return resources.some(({ '//': remark }) => /\/data-server\/Resource$/.test(remark.metadata.path));
}

function isDataServerInState(stateFile: string, type: string): boolean {
  return resourcesInState(stateFile, type).some(({ name }) => /(^|_)data-server_[0-9A-F]{8}$/.test(name));
}
