import { askDocker } from '../operations/docker-socket';

/** What a container has used so far, by Docker's counters. */
export interface ContainerUsage {
  readonly cpuSec: number;
  readonly memoryMb: number;
}

interface Stats {
  readonly cpu_stats: { readonly cpu_usage: { readonly total_usage: number } };
  readonly memory_stats: { readonly usage: number; readonly stats: Readonly<Record<string, number>> };
}

/** Reads the counters once, which costs next to nothing; the page cache of files is not counted, as in `docker stats`. */
export async function usageOf(container: string): Promise<ContainerUsage> {
  const answer = await askDocker(`/containers/${container}/stats?stream=false&one-shot=true`);
  const { cpu_stats, memory_stats } = JSON.parse(answer.toString()) as Stats;
  const cache = memory_stats.stats.total_inactive_file ?? memory_stats.stats.inactive_file ?? 0;
  return {
    cpuSec: cpu_stats.cpu_usage.total_usage / 1e9,
    memoryMb: (memory_stats.usage - cache) / 2 ** 20,
  };
}
