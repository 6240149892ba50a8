import { WEB_PORT } from '../../contract/contract';
import { execIn } from './container';
import type { Server } from './servers';

const ASK_SEC = 5;

/** A name that neither a script nor a line of HTTP reads as more than a name. */
const PLAIN = /^[a-z0-9-]+$/;

/** What another server on the network says of itself, for one whose node does not answer here; `undefined` when it does not answer either. */
export async function stateByMetrics(witness: Server, name: string): Promise<string | undefined> {
  if (!PLAIN.test(name)) return undefined;
  const request = `GET /metrics/ecp HTTP/1.0\\r\\nHost: ${name}\\r\\n\\r\\n`;
  const script = `exec 3<>/dev/tcp/${name}/${WEB_PORT} && printf '${request}' >&3 && cat <&3`;
  // Around all of it: a node that is lost lets the connection wait, too, and docker's own end would leave the script in the container.
  const command = ['timeout', String(ASK_SEC - 1), 'bash', '-c', script];
  const { stdout } = await execIn(witness.facts, command, { timeoutSec: ASK_SEC });
  return readState(stdout);
}

/** Reads the state out of what docs/metrics.md describes. */
export function readState(metrics: string): string | undefined {
  return /^ecp_server_state\{[^}]*state="([^"]+)"[^}]*\} 1$/m.exec(metrics)?.[1];
}
