import { PROJECT } from '../../app/folders';
import type { BenchCluster } from './bench-cluster';
import { execute } from './step';

/** Writes the stack for so many application servers into the bench's folder, as a process of its own like any user's. */
export async function synthesize(bench: BenchCluster, appServers: number, signal: AbortSignal): Promise<void> {
  const args = ['--require', 'tsx/cjs', 'main.ts'];
  await execute({ program: process.execPath, args, env: bench.environment(appServers), cwd: PROJECT }, signal);
}
