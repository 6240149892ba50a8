import { PROJECT } from '../../app/folders';
import type { Bed } from './bed';
import { execute } from './step';

/** Writes the stack for so many application servers into the bed's folder, as a process of its own like any user's. */
export async function synthesize(bed: Bed, appServers: number, signal: AbortSignal): Promise<void> {
  const args = ['--import', 'tsx', 'main.ts'];
  await execute({ program: process.execPath, args, env: bed.environment(appServers), cwd: PROJECT }, signal);
}
