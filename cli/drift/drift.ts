import type { SwarmNode } from '../swarm/nodes';

/** One thing about a server, or another part of the cluster, that differs from what was deployed. */
export interface Drift {
  readonly server: string;
  /** In words that follow the server's name. */
  readonly what: string;
  /** Arguments of `docker` that repair it, where no plan does. */
  readonly docker?: readonly string[];
  /** True when the server's files must be delivered again, which no plan does. */
  readonly redeliver?: boolean;
}

/** What was found out about a cluster. */
export interface FoundDrift {
  readonly drift: readonly Drift[];
  /** True when the Terraform state on this machine knows the cluster, so that `./ecp up` here is what changes it. */
  readonly deployedHere: boolean;
  /** Nodes by the names of servers that the state has there. */
  readonly hosts?: Readonly<Record<string, string>>;
  /** Servers that a swarm runs on nodes that do not answer here. */
  readonly outOfSight?: readonly string[];
  /** What the swarm says of its nodes, where servers are services of one. */
  readonly swarmNodes?: readonly SwarmNode[];
}
