import type { BenchCluster } from './bench-cluster';
import { areAllNormal, isGone, watchCertificates } from './servers';
import { measure } from './step';
import type { Action, Tool } from './tool';
import type { Usage } from './usage';

const STEP_SEC = 900;

/** Actions before which the stack is another one. */
const CHANGING: readonly Action[] = ['deploy', 'add one', 'remove one'];

/**
 * Does one action to the cluster of a bench and waits until every server has what it was to have: Normal, or another certificate in use, or gone.
 *
 * @param size Application servers that the cluster has when it is at rest.
 * @throws Error with the words of the program that failed.
 */
export async function perform(
  tool: Tool,
  action: Action,
  { cluster }: BenchCluster,
  size: number,
  interrupt: AbortSignal,
): Promise<Usage & { readonly wallSec: number }> {
  const appServers = action === 'add one' ? size + 1 : size;
  const signal = AbortSignal.any([interrupt, AbortSignal.timeout(STEP_SEC * 1000)]);
  if (CHANGING.includes(action)) await tool.prepare?.(appServers, signal);
  const commands = tool.commands(action, appServers) ?? [];
  return measure({ commands, isDone: await endOf(action, cluster, appServers), signal });
}

async function endOf(action: Action, cluster: string, appServers: number): Promise<() => Promise<boolean>> {
  if (action === 'destroy') return () => isGone(cluster);
  if (action !== 'rotate') return () => areAllNormal(cluster, appServers);
  const isRotated = await watchCertificates(cluster);
  return async () => (await isRotated()) && (await areAllNormal(cluster, appServers));
}
