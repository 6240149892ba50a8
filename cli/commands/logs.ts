import { once } from 'node:events';
import { loadSettings } from '../../app/settings';
import type { ContainerFacts } from '../access/docker';
import { containersOf } from '../access/found-containers';
import { partsAmong } from '../access/parts';
import { chooseServers, requireServers } from '../access/servers';
import { silentInWords } from '../access/silent-nodes';
import { NODES_MISSING } from '../cluster-report';
import { follow } from '../logs/follow';
import { shownText, type LogLine } from '../logs/log-line';
import { historyOf, isServer, serverOf, type ReadTo } from '../logs/server-log';
import { readSince, readTail } from '../logs/since';
import { onStderr, painterFor, type Painter } from '../terminal';

/** Options of `./ecp logs`. */
export interface LogsOptions {
  readonly cluster?: string;
  /** None means all. */
  readonly servers: readonly string[];
  readonly follow?: boolean;
  readonly since?: string;
  readonly tail?: string;
  readonly timestamps?: boolean;
  /** A JSON object for each line. */
  readonly json?: boolean;
}

/** What servers wrote, in one stream and in the order of time. */
export async function logs(options: LogsOptions): Promise<number> {
  const since = options.since === undefined ? undefined : readSince(options.since).toISOString();
  const tail = options.tail === undefined ? undefined : readTail(options.tail);
  const cluster = options.cluster ?? loadSettings(process.env).cluster;
  const { silent, containers } = await containersOf(cluster);
  await requireServers(cluster);
  const present = partsAmong(containers);
  const named = chooseServers(cluster, present, options.servers);
  if (silent.length > 0) console.error(onStderr.yellow(silentInWords(silent)));
  const chosen = (named.length > 0 ? named : present).map(({ name }) => name);
  const find = async (): Promise<readonly ContainerFacts[]> =>
    (await containersOf(cluster)).containers.filter(each => isServer(each) && isChosen(each));
  // A server that comes later is followed too, unless others were asked for.
  const isChosen = (each: ContainerFacts): boolean => named.length === 0 || chosen.includes(serverOf(each));

  const complaints = new Set<string>();
  const onComplaint = (server: string, words: string): void => {
    if (complaints.has(server)) return;
    complaints.add(server);
    console.error(onStderr.yellow(`no log of ${server}: ${words}`));
  };
  const format = formatterOf(options, chosen);
  const end = untilInterrupted();
  const readTo: ReadTo = new Map();
  const began = new Date().toISOString();
  for await (const line of historyOf(await find(), { since, tail, signal: end }, readTo, onComplaint)) {
    if (end.aborted) break;
    if (!process.stdout.write(format(line))) await drained(end);
  }
  if (options.follow) {
    const show = (line: LogLine): unknown => process.stdout.write(format(line));
    await follow({ find, readTo, since: since ?? began, show, onComplaint, signal: end });
    return 0;
  }
  // The end of the reader has an exit code of its own.
  if (end.aborted) return end.reason === INTERRUPT ? 130 : 0;
  if (complaints.size > 0) return 1;
  return silent.length > 0 ? NODES_MISSING : 0;
}

/** A line as it is printed. */
export function formatterOf(
  { json, timestamps }: Pick<LogsOptions, 'json' | 'timestamps'>,
  servers: readonly string[],
  painter: Painter = painterFor(process.stdout),
): (line: LogLine) => string {
  if (json) return line => `${JSON.stringify(line)}\n`;
  const width = Math.max(...servers.map(name => name.length));
  const known = [...servers];
  return line => {
    if (!known.includes(line.server)) known.push(line.server);
    const name = painter.numbered(known.indexOf(line.server), `${line.server.padEnd(width)} |`);
    const time = timestamps ? `${painter.dim(line.time)} ` : '';
    return `${name} ${time}${shownText(line)}\n`;
  };
}

const INTERRUPT = 'interrupt';

/** Ctrl-C and its like end it; so does the end of who reads it, such as `head`. */
function untilInterrupted(): AbortSignal {
  const end = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => end.abort(INTERRUPT));
  process.stdout.once('error', () => end.abort());
  return end.signal;
}

/** Waits until there is room for more, or nobody reads any more. */
async function drained(signal: AbortSignal): Promise<void> {
  await once(process.stdout, 'drain', { signal }).catch(() => undefined);
}
