import type { ContainerFacts } from './docker';
import { entryPointAmong } from './entry-point';
import { monitoringAmong } from './monitoring';
import { serversAmong, type Part } from './servers';

/** The servers among a cluster's containers, and behind them the entry point and what watches them. */
export function partsAmong(containers: readonly ContainerFacts[]): Part[] {
  const entryPoint = entryPointAmong(containers);
  return [...serversAmong(containers), ...(entryPoint ? [entryPoint] : []), ...monitoringAmong(containers)];
}
