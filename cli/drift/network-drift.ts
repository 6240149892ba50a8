import type { Part } from '../access/servers';
import type { ContainerInState } from '../terraform/terraform';
import type { Drift } from './drift';

/** Id and name of the network that a cluster's servers belong to. */
export interface ClusterNetwork {
  readonly id: string;
  readonly name: string;
}

/**
 * What somebody did to a server's networks; docker provider 4.6 does not read them back (measured).
 *
 * @param network the cluster's own; `undefined` for one that belongs to somebody else, whose servers must be in any network
 * @param known what the Terraform state says of the server; without it nobody knows which further networks were asked for
 */
export function networkDrift(
  { name, container, facts }: Part,
  network: ClusterNetwork | undefined,
  known: Pick<ContainerInState, 'networks_advanced'> | undefined,
): Drift[] {
  const connected = Object.entries(facts.NetworkSettings.Networks);
  if (!network) return connected.length > 0 ? [] : [{ server: name, what: 'the container is connected to no network' }];
  const isOurs = ([key, { NetworkID: id }]: (typeof connected)[number]): boolean =>
    id === network.id || key === network.name || key === network.id;
  const ours = connected.find(isOurs);
  const connect = ['network', 'connect', '--alias', name, network.id, container];
  const drift: Drift[] = [];
  if (!ours)
    drift.push({ server: name, what: `it is disconnected from the network '${network.name}'`, docker: connect });
  if (!known) return drift;
  const deployed = new Set(known.networks_advanced?.map(each => each.name));
  const isForeign = (each: (typeof connected)[number]): boolean =>
    !isOurs(each) && !deployed.has(each[0]) && !deployed.has(each[1].NetworkID);
  for (const [foreign] of connected.filter(isForeign))
    drift.push({
      server: name,
      what: `it is connected to the network '${foreign}', which is not the cluster's`,
      docker: ['network', 'disconnect', foreign, container],
    });
  return drift;
}
