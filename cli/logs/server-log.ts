import { LABELS } from '../../contract/contract';
import { PART_ROLES } from '../../contract/parts';
import { readLog, type LogRange } from '../access/container-log';
import type { ContainerFacts } from '../access/docker';
import { lastOf, mergeByTime, type LogSource } from './merge';
import { readLogLine, type LogLine } from './log-line';

/** Where the log of each container has been read to, by its id. */
export type ReadTo = Map<string, string>;

/** Hears what Docker says in place of a log. */
export type OnComplaint = (server: string, words: string) => void;

/** Name of the server that a container is. */
export function serverOf({ Config: { Labels: labels } }: ContainerFacts): string {
  return labels[LABELS.server] ?? '';
}

/** Whether a container is a server's, the entry point or what watches them, and not a delivery's or a web gateway's. */
export function isServer({ Config: { Labels: labels } }: ContainerFacts): boolean {
  return PART_ROLES.includes(labels[LABELS.role] ?? '');
}

/** Lines of one container that were not read before. */
export async function* linesOf(
  container: ContainerFacts,
  range: LogRange,
  readTo: ReadTo,
  onComplaint: OnComplaint,
): LogLines {
  const [server, node] = [serverOf(container), container.endpoint?.node];
  const before = readTo.get(container.Id) ?? '';
  for await (const each of readLog(container, range)) {
    const line = readLogLine(each);
    if (!line) {
      if (each.trim() !== '') onComplaint(server, each.trim());
      continue;
    }
    if (line.time <= before) continue;
    readTo.set(container.Id, line.time);
    yield { server, node, ...line };
  }
}

type LogLines = AsyncGenerator<LogLine>;

/** What servers have written so far, in the order of time. A server may have had several containers: those of earlier tasks count too. */
export function historyOf(
  containers: readonly ContainerFacts[],
  range: LogRange,
  readTo: ReadTo,
  onComplaint: OnComplaint,
): LogSource {
  const servers = [...new Set(containers.map(serverOf))];
  const sources = servers.map(server => {
    const own = containers.filter(each => serverOf(each) === server);
    const merged = mergeByTime(own.map(each => linesOf(each, range, readTo, onComplaint)));
    return range.tail === undefined ? merged : lastOf(range.tail, merged);
  });
  return mergeByTime(sources);
}
