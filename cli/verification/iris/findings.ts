import { LABELS } from '../../../contract/contract';
import { IRIS } from '../../../contract/engines';
import { reportServers } from '../../access/server-report';
import type { Server } from '../../access/servers';
import type { CheckOutcome } from '../check';
import { gatherFacts } from './facts';
import { judge, type NamedFinding } from './statements';

/** What a run of all checks found of each statement of docs/iris.md; nothing on another engine. */
export async function irisFindings(
  servers: readonly Server[],
  outcomes: readonly CheckOutcome[],
): Promise<NamedFinding[]> {
  if (servers[0]?.facts.Config.Labels[LABELS.engine] !== IRIS) return [];
  const facts = await Promise.all(servers.map(async server => [server, await gatherFacts(server)] as const));
  const reports = await reportServers(servers);
  const dataServer = facts.find(([{ role }]) => role === 'data-server');
  if (!dataServer) return [];
  return judge({
    dataServer: dataServer[1],
    appServers: facts.filter(([{ role }]) => role === 'app-server').map(([, each]) => each),
    statuses: reports.flatMap(({ status }) => status ?? []),
    outcomes,
  });
}
