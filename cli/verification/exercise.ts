import { randomUUID } from 'node:crypto';
import { runNode, setAndSync } from '../access/node';
import type { Server } from '../access/servers';
import { UserError, bold, visibleLines } from '../terminal';
import { EXERCISE_GLOBAL, covers, databaseIn, type MappedGlobal, type MappingDocument } from './mapped-globals';
import { documentOf, isOf, trialsOf, tryMapping, type MappingTrial } from './mapping-trials';

/** A value that one server wrote and all must read. */
interface Writing {
  readonly reference: string;
  readonly value: string;
  readonly writer: Server;
}

/**
 * The article's exercise where its global is mapped, then every other mapping of an application server.
 *
 * @returns one sentence for each thing that differs
 */
export async function exercise(servers: readonly Server[], show: (line: string) => void): Promise<string[]> {
  if (!servers.some(server => server.role === 'app-server'))
    throw new UserError('the exercise needs an application server, and the cluster has none; set ECP_APP_SERVERS');
  const documents = new Map(
    await Promise.all(servers.map(async server => [server, await documentOf(server)] as const)),
  );
  const trials = trialsOf(documents);
  const [first] = trials;
  const isArticles = ({ mapping }: MappingTrial): boolean =>
    mapping.namespace === first?.mapping.namespace &&
    covers(mapping.pattern, EXERCISE_GLOBAL) &&
    isInFirstDatabase(mapping, documents);
  // Where no document can be read, the servers themselves say what is wrong with them.
  const problems = first === undefined || trials.some(isArticles) ? await exerciseOfArticle(servers, show) : [];
  if (problems.length > 0) return problems;
  for (const trial of trials.filter(each => !isArticles(each)))
    problems.push(...(await tryMapping(trial, documents, show)));
  return problems;
}

/** What `^demo.ecp` means on the data server; one that cannot be asked is taken at its word. */
function isInFirstDatabase(mapping: MappedGlobal, documents: ReadonlyMap<Server, MappingDocument>): boolean {
  const owner = [...documents].find(([{ role }]) => role === 'data-server');
  if (!owner || Object.keys(owner[1]).length === 0) return true;
  const [server, document] = owner;
  const [first] = Object.keys(document.Databases ?? {});
  return isOf(mapping, server, documents) && databaseIn(document, mapping.directory) === first;
}

/**
 * The article's exercise: two application servers write below `^demo.ecp`, in nodes that nobody else has, since `^demo.ecp(1)` and
 * `^demo.ecp(2)` may be a user's; then every server reads both, the data server from its own database, and they are removed. What could
 * not be written is not looked for.
 *
 * @returns one sentence for each thing that differs
 */
async function exerciseOfArticle(servers: readonly Server[], show: (line: string) => void): Promise<string[]> {
  const appServers = servers.filter(server => server.role === 'app-server');
  const first = appServers[0]!;
  const own = `^${EXERCISE_GLOBAL}("ecp.verify","${randomUUID().slice(0, 8)}"`;
  const writings = [first, appServers[1] ?? first].map((writer, index) => ({
    reference: `${own},${index + 1})`,
    value: `${new Date().toISOString()} write from ${writer.name} ${randomUUID().slice(0, 8)}`,
    writer,
  }));
  // At the same time, since each of them waits as long as ecp-node does for a data server that does not answer.
  const outcomes = await Promise.all(writings.map(write));
  for (const { line } of outcomes) if (line !== undefined) show(line);
  const unwritten = outcomes.flatMap(({ problem }) => problem ?? []);
  try {
    if (unwritten.length > 0) return unwritten;
    const problems: string[] = [];
    for (const server of servers) problems.push(...(await readBack(server, { own: `${own})`, writings }, show)));
    return problems;
  } finally {
    const wrote = writings.find((_, index) => outcomes[index]?.problem === undefined);
    if (wrote) await runNode(wrote.writer, ['kill', `${own})`]);
  }
}

/** @returns a line to show, or what went wrong */
async function write({ reference, value, writer }: Writing): Promise<{ line?: string; problem?: string }> {
  const problem = await setAndSync(writer, [reference], value);
  if (problem !== undefined) return { problem };
  return { line: `${bold(writer.name)} wrote ${reference}="${value}"` };
}

async function readBack(
  server: Server,
  { own, writings }: { readonly own: string; readonly writings: readonly Writing[] },
  show: (line: string) => void,
): Promise<string[]> {
  const problems: string[] = [];
  for (const { reference, value } of writings) {
    const result = await runNode(server, ['get', reference]);
    const found = result.stdout.replace(/\n$/, '');
    if (result.code !== 0)
      return [`${server.name} could not read ${reference}: ${result.stderr.trim() || `exit code ${result.code}`}`];
    if (found !== value) problems.push(`${server.name} reads ${reference}="${found}", written was "${value}"`);
  }
  const listing = await runNode(server, ['zwrite', own]);
  show(`${bold(server.name)}${server.role === 'data-server' ? ' (its own database)' : ''}`);
  show(
    visibleLines(listing.stdout.trimEnd())
      .slice(0, 5)
      .map(line => `  ${line}`)
      .join('\n'),
  );
  return problems;
}
