import type { Settings } from './settings';

/** True when servers are services of a swarm: there are nodes, and no server has one of its own. */
export function usesSwarm({ nodes, hosts }: Settings): boolean {
  return nodes !== undefined && hosts === undefined;
}

/** True when a node is reached by ssh, which then has to be on this machine. */
export function usesSsh({ nodes = {} }: Pick<Settings, 'nodes'>): boolean {
  return Object.values(nodes).some(host => host.startsWith('ssh:'));
}
