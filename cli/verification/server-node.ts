import { whyOutOfReach, type Server } from '../cluster';
import { run, type ProcessResult } from '../process';

/** Runs `ecp-node` in a server; one that is out of reach answers with exit code 3, as `ecp-node` does. */
export async function runNode(server: Server, args: readonly string[], input = ''): Promise<ProcessResult> {
  const reason = whyOutOfReach(server);
  if (reason !== undefined) return { code: 3, stdout: '', stderr: `it ${reason}` };
  return run('docker', ['exec', '-i', server.container, 'ecp-node', ...args], { input, timeoutSec: 30 });
}
