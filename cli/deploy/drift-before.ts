import { placesOf } from '../access/endpoints';
import type { FoundContainers } from '../access/found-containers';
import { partsAmong } from '../access/parts';
import type { Drift, FoundDrift } from '../drift/drift';
import { findDrift } from '../drift/find-drift';
import { haltedServers } from '../drift/heal';
import type { SwarmLook } from '../swarm/swarm-look';

/** What differed from the settings before a deploy. */
export interface DriftBefore {
  /** Servers that did not run; none on a swarm, which starts them itself. */
  readonly halted: readonly Drift[];
  /** Those, and everything else. */
  readonly drift: readonly Drift[];
  /** The look itself, when it went well. */
  readonly look?: FoundDrift;
  /** Why the look failed: of a swarm, of which drift is only told, since its deploy repairs the rest by itself. */
  readonly failure?: string;
}

/** Looks at a cluster before a deploy: one that is under way replaces servers, which then differ. */
export async function driftBefore(
  cluster: string,
  found: FoundContainers,
  swarm?: Promise<SwarmLook>,
): Promise<DriftBefore> {
  if (placesOf(cluster).isSwarm) {
    return findDrift(cluster, found, swarm).then(
      look => ({ halted: [], drift: look.drift, look }),
      (error: Error) => ({ halted: [], drift: [], failure: error.message }),
    );
  }
  const halted = haltedServers(partsAmong(found.containers));
  const look = await findDrift(cluster, found);
  return { halted, drift: [...halted, ...look.drift], look };
}
