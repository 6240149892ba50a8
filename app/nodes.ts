import { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import type { TerraformStack } from 'cdktf';
import { Swarm, type EcpClusterProps } from '../constructs';
import type { Settings } from './settings';
import { sshOptions } from './ssh-options';

/** Docker hosts that the settings name, each with its provider. */
export function nodeProviders(stack: TerraformStack, settings: Settings): ReadonlyMap<string, DockerProvider> {
  const { nodes = {}, nodeCertPath } = settings;
  return new Map(
    Object.entries(nodes).map(([alias, host]) => [
      alias,
      new DockerProvider(stack, `docker-${alias}`, {
        alias,
        host,
        certPath: host.startsWith('tcp:') ? nodeCertPath : undefined,
        sshOpts: host.startsWith('ssh:') ? sshOptions() : undefined,
      }),
    ]),
  );
}

/**
 * Where servers run: on this host, on the nodes that `hosts` names, or on a swarm of all nodes, whose first is a manager.
 *
 * @throws Error when `hosts` names a node that is none.
 */
export function definePlatform(
  stack: TerraformStack,
  settings: Settings,
  providers: ReadonlyMap<string, DockerProvider>,
): Pick<EcpClusterProps, 'hosts' | 'platform'> {
  const { nodes, hosts } = settings;
  if (hosts !== undefined) {
    const found = Object.entries(hosts).map(([server, node]) => {
      const provider = providers.get(node);
      if (provider) return [server, provider] as const;
      throw new Error(
        `'hosts' must name nodes of 'nodes', got '${node}' for '${server}'; nodes are ${[...providers.keys()].join(', ') || 'none'}`,
      );
    });
    return { hosts: Object.fromEntries(found) };
  }
  if (nodes === undefined) return {};
  const [manager] = providers.values();
  if (!manager) throw new Error("'nodes' must name at least one node, got none; name a manager of the swarm first");
  return { platform: new Swarm(stack, 'swarm', { provider: manager }) };
}
