import { setTimeout } from 'node:timers/promises';
import { LABELS } from '../contract/contract';
import { deliveryOf } from './access/delivered-files';
import { readProbeOutput, type ProbeOutput } from './access/probe-output';
import { reportServers, type ServerReport } from './access/server-report';
import { findContainers, requireServers, serversAmong, type Server } from './access/servers';
import { findDrift } from './drift/find-drift';
import { expiryOf } from './expiry';

/** State of a whole cluster at one moment. */
export interface ClusterReport {
  readonly cluster: string;
  readonly engine: string;
  /** When the servers were asked. */
  readonly at: Date;
  /** The data server first. */
  readonly servers: readonly ServerReport[];
  /** Names of servers that were deployed and whose containers are gone. */
  readonly missing: readonly string[];
  /** Sentences on what needs a look soon and is no fault yet, and on certificates that have expired. */
  readonly warnings: readonly string[];
  /** True when the Terraform state on this machine knows the cluster, so that `./ecp up` here is what changes it. */
  readonly deployedHere: boolean;
  /** True when there is a server, none is gone, every one is Normal, nothing drifted and no certificate has expired. */
  readonly ok: boolean;
}

/**
 * Asks every server of the cluster; who deployed it does not matter.
 *
 * @param byProbes Asks only those whose last probe has not told enough. What a server knows beside state and certificate is left out.
 */
export async function reportCluster(cluster: string, byProbes = false): Promise<ClusterReport> {
  const containers = await findContainers(cluster);
  const servers = serversAmong(containers);
  const { drift, deployedHere } = await findDrift(cluster, containers);
  const missing = drift.map(each => each.server).filter(name => !servers.some(server => server.name === name));
  if (missing.length === 0 && servers.length === 0) await requireServers(cluster);
  const told = (server: Server): ProbeOutput | undefined =>
    byProbes ? readProbeOutput(server.facts, deliveryOf(server, containers)) : undefined;
  return toClusterReport(cluster, await reportServers(servers, drift, told), new Date(), missing, deployedHere);
}

/** What the answers of the servers mean for the cluster. */
export function toClusterReport(
  cluster: string,
  servers: readonly ServerReport[],
  at: Date,
  missing: readonly string[] = [],
  deployedHere = true,
): ClusterReport {
  const expiry = expiryOf(servers, at, deployedHere);
  return {
    cluster,
    engine: servers[0]?.server.facts.Config.Labels[LABELS.engine] ?? 'unknown',
    at,
    servers,
    missing,
    deployedHere,
    warnings: [...servers.flatMap(warningsOf), ...expiry.warnings],
    ok:
      missing.length === 0 &&
      !expiry.expired &&
      servers.length > 0 &&
      servers.every(server => server.state === 'Normal' && server.drift.length === 0),
  };
}

/** Options of `awaitNormal`. */
export interface AwaitOptions {
  /** @default - waiting is never pointless */
  readonly isPointless?: (waiting: readonly ServerReport[]) => boolean;
  /** As for `reportCluster`. @default false */
  readonly byProbes?: boolean;
}

/**
 * Asks until every server is Normal, the time is up or waiting is pointless, and returns the last answer; `progress` hears who is
 * waited for.
 */
export async function awaitNormal(
  cluster: string,
  timeoutSec: number,
  progress: (waiting: string) => void,
  { isPointless = () => false, byProbes = false }: AwaitOptions = {},
): Promise<ClusterReport> {
  const end = Date.now() + timeoutSec * 1000;
  for (;;) {
    const latest = await reportCluster(cluster, byProbes);
    const waiting = latest.servers.filter(each => each.state !== 'Normal');
    if (waiting.length === 0 || Date.now() > end || isPointless(waiting)) return latest;
    progress(waiting.map(each => `${each.server.name} ${each.state}`).join(', '));
    await setTimeout(500);
  }
}

/** A server that is Normal and gives a reason could not use files that were delivered to it. */
function warningsOf({ server, state, reason }: ServerReport): string[] {
  return state === 'Normal' && reason !== '' ? [`${server.name}: ${reason}`] : [];
}
