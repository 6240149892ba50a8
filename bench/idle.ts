/**
 * What an idle cluster costs: memory and processor time of each container, and of Docker's own processes, which run the probes.
 *
 * usage: node --import tsx bench/idle.ts [CLUSTER] [SECONDS]
 */
import { request } from 'node:http';
import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { findServers, type Server } from '../cli/cluster';
import { docker } from '../cli/docker';
import { table } from '../cli/terminal';

interface Usage {
  readonly cpuNs: number;
  readonly memoryBytes: number;
}

interface Stats {
  readonly cpu_stats: { readonly cpu_usage: { readonly total_usage: number } };
  readonly memory_stats: { readonly usage: number; readonly stats: Readonly<Record<string, number>> };
}

/** Reads Docker's counters once; the page cache of files is not counted, as in `docker stats`. */
function usageOf(server: Server): Promise<Usage> {
  const path = `/containers/${server.facts.Id}/stats?stream=false&one-shot=true`;
  return new Promise((resolve, reject) => {
    request({ socketPath: '/var/run/docker.sock', path }, response => {
      let text = '';
      response
        .on('data', chunk => (text += chunk))
        .on('end', () => {
          const { cpu_stats, memory_stats } = JSON.parse(text) as Stats;
          const cache = memory_stats.stats.total_inactive_file ?? memory_stats.stats.inactive_file ?? 0;
          resolve({ cpuNs: cpu_stats.cpu_usage.total_usage, memoryBytes: memory_stats.usage - cache });
        });
    })
      .on('error', reject)
      .end();
  });
}

/** Processor time of dockerd, containerd, their shims and all their ended children, in seconds. */
function dockerCpuSec(): number {
  let ticks = 0;
  for (const pid of readdirSync('/proc').filter(name => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      if (!/\((dockerd|containerd|containerd-shim[^)]*)\)/.test(stat)) continue;
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      ticks += fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    } catch {
      // A process may end while it is looked at.
    }
  }
  return ticks / 100;
}

async function main(): Promise<void> {
  const cluster = process.argv[2] ?? 'ecp';
  const seconds = Number(process.argv[3] ?? 120);
  const servers = await findServers(cluster);
  if (servers.length === 0) throw new Error(`no server of cluster '${cluster}' runs`);
  const before = await Promise.all(servers.map(usageOf));
  const dockerBefore = dockerCpuSec();
  await setTimeout(seconds * 1000);
  const after = await Promise.all(servers.map(usageOf));
  const dockerPercent = ((dockerCpuSec() - dockerBefore) / seconds) * 100;
  const rows = servers.map((server, index) => [
    server.name,
    `${((after[index]?.memoryBytes ?? 0) / 2 ** 20).toFixed(1)} MiB`,
    `${((((after[index]?.cpuNs ?? 0) - (before[index]?.cpuNs ?? 0)) / 1e9 / seconds) * 100).toFixed(3)} %`,
  ]);
  console.log(table(['SERVER', 'MEMORY', 'OF ONE CORE'], rows));
  const perServer = (dockerPercent / servers.length).toFixed(3);
  console.log(
    `Docker itself: ${dockerPercent.toFixed(3)} % of one core, ${perServer} % for each server (over ${seconds} s)`,
  );
  const image = servers[0]?.facts as unknown as { Image: string };
  const bytes = Number(await docker(['image', 'inspect', '--format', '{{.Size}}', image.Image]));
  console.log(`image: ${(bytes / 1e6).toFixed(0)} MB`);
  console.log('to reach: application server 30 MB and 0.2 % of a core with its probes; image 250 MB');
}

void main();
