import type { ProcessResult } from '../process';
import { execIn } from './container';
import type { ContainerFacts } from './docker';
import { whyOutOfReach, type Server } from './servers';

/** Runs `ecp-node` in a server; one that is out of reach answers with exit code 3, as `ecp-node` does. */
export async function runNode(
  server: Server,
  args: readonly string[],
  input = '',
  timeoutSec = 30,
): Promise<ProcessResult> {
  const reason = whyOutOfReach(server);
  if (reason !== undefined) return { code: 3, stdout: '', stderr: `it ${reason}` };
  return execIn(server.facts, ['ecp-node', ...args], { input, timeoutSec });
}

/** Asks a running server for its status; readNodeStatus reads the answer. */
export function askStatus(facts: ContainerFacts): Promise<ProcessResult> {
  return execIn(facts, ['ecp-node', 'status'], { timeoutSec: 15 });
}

/** What to say about a command of `ecp-node` that failed. */
export function couldNot(
  server: Server,
  args: readonly string[],
  { code, stderr }: Pick<ProcessResult, 'code' | 'stderr'>,
): string {
  // Docker's own code for a container that ends under a command.
  const silent = code === 126 ? 'it ended while it was asked; try again' : `exit code ${code}`;
  return `${server.name} could not ${args.join(' ')}: ${stderr.trim() || silent}`;
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
