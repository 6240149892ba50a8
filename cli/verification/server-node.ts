import { whyOutOfReach, type Server } from '../cluster';
import { run, type ProcessResult } from '../process';

/** Runs `ecp-node` in a server; one that is out of reach answers with exit code 3, as `ecp-node` does. */
export async function runNode(server: Server, args: readonly string[], input = ''): Promise<ProcessResult> {
  const reason = whyOutOfReach(server);
  if (reason !== undefined) return { code: 3, stdout: '', stderr: `it ${reason}` };
  return run('docker', ['exec', '-i', server.container, 'ecp-node', ...args], { input, timeoutSec: 30 });
}

/** What to say about a command of `ecp-node` that failed. */
export function couldNot(
  server: Server,
  args: readonly string[],
  { code, stderr }: Pick<ProcessResult, 'code' | 'stderr'>,
): string {
  return `${server.name} could not ${args.join(' ')}: ${stderr.trim() || `exit code ${code}`}`;
}

/** Writes a value and waits until it is durable. @returns what went wrong, or nothing */
export async function setAndSync(server: Server, where: readonly string[], value: string): Promise<string | undefined> {
  for (const [args, input] of [
    [['set', ...where], value],
    [['sync'], ''],
  ] as const) {
    const result = await runNode(server, args, input);
    if (result.code !== 0) return couldNot(server, args, result);
  }
  return undefined;
}
