import { DATA_SERVER_NAME } from '../../contract/contract';
import { UserError } from '../terminal';
import { placesOf } from './endpoints';
import { containersOf } from './found-containers';
import { silentInWords, type SilentNode } from './silent-nodes';

/** What a command on several Docker hosts goes on without. */
export interface LeftOut {
  /** Nodes that do not answer; none on a swarm, where a plan goes through a manager. */
  readonly silent: readonly SilentNode[];
  /** Names of the servers that the settings have there. */
  readonly servers: readonly string[];
}

/** Asks the nodes of a cluster, where each server has its own. */
export async function askNodes(cluster: string): Promise<LeftOut> {
  const { isSwarm, endpoints, hosts } = placesOf(cluster);
  const isHereAlone = endpoints.every(endpoint => endpoint === undefined);
  const { silent } = isSwarm || isHereAlone ? { silent: [] } : await containersOf(cluster);
  const servers = Object.keys(hosts).filter(server => silent.some(({ node }) => node === hosts[server]));
  return { silent, servers };
}

/**
 * No application server starts without the data server, nor can show that its new files work.
 *
 * @throws UserError when the data server's node does not answer.
 */
export function requireDataServer({ silent, servers }: LeftOut): void {
  if (!servers.includes(DATA_SERVER_NAME)) return;
  throw new UserError(
    `${silentInWords(silent)}, and the data server is there: nothing was changed; bring it back, then run the same command again`,
  );
}
