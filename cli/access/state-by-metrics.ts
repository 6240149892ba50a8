import { WEB_PORT } from '../../contract/contract';
import { shellIn } from './container';
import type { Server } from './servers';

const ASK_SEC = 5;

/** What another server on the network says of itself, for one whose node does not answer here; `undefined` when it does not answer either. */
export async function stateByMetrics(witness: Server, name: string): Promise<string | undefined> {
  const request = `GET /metrics/ecp HTTP/1.0\\r\\nHost: ${name}\\r\\n\\r\\n`;
  const script = `exec 3<>/dev/tcp/${name}/${WEB_PORT} && printf '${request}' >&3 && timeout ${ASK_SEC - 1} cat <&3`;
  const { stdout } = await shellIn(witness.facts, script, ASK_SEC);
  return readState(stdout);
}

/** Reads the state out of what docs/metrics.md describes. */
export function readState(metrics: string): string | undefined {
  return /^ecp_server_state\{[^}]*state="([^"]+)"[^}]*\} 1$/m.exec(metrics)?.[1];
}
