import { askSwarm, type SwarmView } from './nodes';
import { servicesOf, type ClusterService } from './services';

/** A manager that answers, and what it says of all nodes and of a cluster's services at one moment. */
export interface SwarmLook extends SwarmView {
  readonly services: readonly ClusterService[];
}

/** Asks a swarm for all that a command wants to know of a cluster. */
export async function lookAtSwarm(cluster: string): Promise<SwarmLook> {
  const view = await askSwarm(cluster);
  return { ...view, services: await servicesOf(cluster, view.manager) };
}
