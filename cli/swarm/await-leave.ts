import { setTimeout } from 'node:timers/promises';
import { tryDocker } from '../access/docker';
import type { Endpoint } from '../access/endpoints';
import type { Progress } from '../terminal';

const LEAVE_SEC = 120;
const POLL_MS = 500;

/** Waits until no task of a cluster runs on a node any more. @returns tasks that still do when the time is up */
export async function awaitLeave(
  cluster: string,
  node: string,
  manager: Endpoint,
  progress: Progress,
): Promise<readonly string[]> {
  const end = Date.now() + LEAVE_SEC * 1000;
  for (;;) {
    const question = ['node', 'ps', '--format', '{{.Name}}\t{{.CurrentState}}', node];
    const { stdout } = await tryDocker(question, { timeoutSec: 10, endpoint: manager });
    const tasks = runningTasks(cluster, stdout);
    if (tasks.length === 0 || Date.now() > end) return tasks;
    progress(tasks.join(', '));
    await setTimeout(POLL_MS);
  }
}

/** Tasks of a cluster that run, among what `docker node ps` prints. */
export function runningTasks(cluster: string, text: string): string[] {
  return text
    .split('\n')
    .map(line => line.split('\t'))
    .filter(([name = '', state = '']) => name.startsWith(`${cluster}-`) && state.startsWith('Running'))
    .map(([name = '']) => name);
}
