import { request } from 'node:http';

/** What a container has used so far, by Docker's counters. */
export interface ContainerUsage {
  readonly cpuSec: number;
  readonly memoryMb: number;
}

interface Stats {
  readonly cpu_stats: { readonly cpu_usage: { readonly total_usage: number } };
  readonly memory_stats: { readonly usage: number; readonly stats: Readonly<Record<string, number>> };
}

/** Reads the counters once, through Docker's socket, which costs next to nothing; the page cache of files is not counted, as in `docker stats`. */
export function usageOf(container: string): Promise<ContainerUsage> {
  const path = `/containers/${container}/stats?stream=false&one-shot=true`;
  return new Promise((resolve, reject) => {
    request({ socketPath: '/var/run/docker.sock', path }, response => {
      let text = '';
      response
        .setEncoding('utf8')
        .on('data', (chunk: string) => (text += chunk))
        .on('end', () => {
          if (response.statusCode !== 200)
            return reject(new Error(`Docker tells no counters of ${container}: ${text}`));
          const { cpu_stats, memory_stats } = JSON.parse(text) as Stats;
          const cache = memory_stats.stats.total_inactive_file ?? memory_stats.stats.inactive_file ?? 0;
          resolve({
            cpuSec: cpu_stats.cpu_usage.total_usage / 1e9,
            memoryMb: (memory_stats.usage - cache) / 2 ** 20,
          });
        });
    })
      .on('error', reject)
      .end();
  });
}
