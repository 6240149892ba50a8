import { setTimeout as pause } from 'node:timers/promises';
import type { Notebook, Request } from '../measurement';
import { clearBenchCluster, makeBenchCluster } from '../operations/bench-cluster';
import { ecpTool } from '../operations/ecp-tool';
import { perform } from '../operations/perform';
import { usageOf, type ContainerUsage } from './container-usage';
import { percentile, total } from './histogram';
import { ACTIONS, load, prepareServer } from './load';
import { CONNECTIONS } from './proxy';

/**
 * Measures the rehearsal engine: what application servers do to remote globals, all at the same time, over mutual TLS and over a plain
 * connection in turn, and what its containers cost.
 */
export async function measureEngine(request: Request, notebook: Notebook): Promise<void> {
  try {
    for (const size of request.sizes) {
      await clearBenchCluster();
      const bench = makeBenchCluster(request.directory, 'engine', size);
      notebook.progress(`deploy ${size} application servers`);
      await perform(ecpTool(bench), 'deploy', bench, size, request.signal);
      const dataServer = `${bench.cluster}-data-server`;
      const appServers = Array.from({ length: size }, (_, index) => `${bench.cluster}-app-server-${index + 1}`);
      await prepareServer(dataServer, 'data-server', request.signal);
      for (const container of appServers) await prepareServer(container, 'app-server', request.signal);
      for (let run = 1; run <= request.runs; run++)
        await measureRun(request, notebook, { dataServer, appServers, run });
    }
  } finally {
    notebook.progress('remove the cluster');
    await clearBenchCluster();
  }
}

interface Bench {
  readonly dataServer: string;
  readonly appServers: readonly string[];
  readonly run: number;
}

async function measureRun(request: Request, notebook: Notebook, bench: Bench): Promise<void> {
  const { appServers, run } = bench;
  const servers = appServers.length;
  const { signal, quick } = request;
  notebook.progress(`${servers} application servers, run ${run} of ${request.runs}`);
  const idle = await costOf(bench, () => pause(quick ? 3000 : 8000, undefined, { signal }));
  recordCosts(notebook, 'idle', bench, idle);
  for (const action of ACTIONS) {
    // Who comes first has the colder caches.
    for (const connection of run % 2 === 1 ? CONNECTIONS : [...CONNECTIONS].reverse()) {
      const histogram = await load(appServers, action, connection, quick ? 1 : SECONDS, signal);
      const record = (quantity: string, value: number): void =>
        notebook.record({ subject: connection.subject, action, servers, quantity, run, value });
      record('perSec', total(histogram) / (quick ? 1 : SECONDS));
      record('p50Us', percentile(histogram, 50));
      record('p95Us', percentile(histogram, 95));
      record('p99Us', percentile(histogram, 99));
    }
  }
  const busy = await costOf(bench, async () => {
    await load(appServers, 'write', CONNECTIONS[0]!, quick ? 1 : SECONDS, signal);
  });
  recordCosts(notebook, 'load', bench, busy);
}

/** Time that one action is done again and again. */
const SECONDS = 2;

type Usages = readonly [dataServer: ContainerUsage, ...appServers: ContainerUsage[]];

interface Cost {
  readonly seconds: number;
  readonly before: Usages;
  readonly after: Usages;
}

async function costOf({ dataServer, appServers }: Bench, during: () => Promise<unknown>): Promise<Cost> {
  const look = async (): Promise<Usages> =>
    (await Promise.all([dataServer, ...appServers].map(usageOf))) as unknown as Usages;
  const before = await look();
  const start = performance.now();
  await during();
  const seconds = (performance.now() - start) / 1000;
  return { before, seconds, after: await look() };
}

/** Of application servers the mean. */
function recordCosts({ record }: Notebook, action: string, { appServers, run }: Bench, cost: Cost): void {
  const { before, after, seconds } = cost;
  const percent = after.map(({ cpuSec }, index) => ((cpuSec - before[index]!.cpuSec) / seconds) * 100);
  const memory = after.map(({ memoryMb }) => memoryMb);
  const mean = ([, ...values]: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const common = { action, servers: appServers.length, run };
  record({ ...common, subject: 'data server', quantity: 'cpuPercent', value: percent[0]! });
  record({ ...common, subject: 'data server', quantity: 'memoryMb', value: memory[0]! });
  record({ ...common, subject: 'application server', quantity: 'cpuPercent', value: mean(percent) });
  record({ ...common, subject: 'application server', quantity: 'memoryMb', value: mean(memory) });
}
