import { tryDocker } from '../access/docker';
import { placesOf, type Endpoint } from '../access/endpoints';
import { UserError } from '../terminal';

/** A node as the swarm sees it. */
export interface SwarmNode {
  readonly name: string;
  /** `Ready`, `Down` or `Unknown`. */
  readonly status: string;
  /** `Active`, `Pause` or `Drain`. */
  readonly availability: string;
  /** `Leader`, `Reachable` or `Unreachable` for a manager, empty for a worker. */
  readonly manager: string;
}

/** A manager that answers, and what it says of all nodes. */
export interface SwarmView {
  readonly manager: Endpoint;
  readonly nodes: readonly SwarmNode[];
}

const ASK_SEC = 10;

const FORMAT = '{{.Hostname}}\t{{.Status}}\t{{.Availability}}\t{{.ManagerStatus}}';

/**
 * Asks the first manager that answers.
 *
 * @throws UserError with what each node said when none does.
 */
export async function askSwarm(cluster: string): Promise<SwarmView> {
  const words: string[] = [];
  for (const manager of placesOf(cluster).endpoints) {
    if (!manager) continue;
    const { code, stdout, stderr } = await tryDocker(['node', 'ls', '--format', FORMAT], {
      timeoutSec: ASK_SEC,
      endpoint: manager,
    });
    if (code === 0) return { manager, nodes: readNodes(stdout) };
    words.push(`${manager.node}: ${stderr.trim().split('\n')[0] || `no answer within ${ASK_SEC} s`}`);
  }
  throw new UserError(
    `no manager of the swarm of cluster '${cluster}' answers (${words.join('; ')}); start one, or correct ECP_NODES`,
  );
}

/** Reads what `docker node ls` prints in FORMAT. */
export function readNodes(text: string): SwarmNode[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map(line => {
      const [name = '', status = '', availability = '', manager = ''] = line.split('\t');
      return { name, status, availability, manager };
    })
    .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}
