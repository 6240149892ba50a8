import { randomUUID } from 'node:crypto';
import { runNode, setAndSync } from '../access/node';
import { readNodeStatus } from '../access/node-status';
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
  const { mayWrite, mayOnlyRead } = await rightsOf(servers);
  if (mayWrite.length === 0) {
    const names = mayOnlyRead.map(({ name }) => name).join(', ');
    throw new UserError(
      `the exercise needs an application server that may write, got ${names} with 'grantRead'; grant one to write`,
    );
  }
  if (mayOnlyRead.length > 0) show(`${mayOnlyRead.map(({ name }) => bold(name)).join(', ')} may only read`);
  const all = trialsOf(documents, mayOnlyRead);
  const [first] = all;
  const isArticles = ({ mapping }: MappingTrial): boolean =>
    mapping.namespace === first?.mapping.namespace &&
    covers(mapping.pattern, EXERCISE_GLOBAL) &&
    isInFirstDatabase(mapping, documents);
  // Where no document can be read, the servers themselves say what is wrong with them.
  const problems = first === undefined || all.some(isArticles) ? await exerciseOfArticle(servers, mayWrite, show) : [];
  if (problems.length > 0) return problems;
  for (const trial of all.filter(each => !isArticles(each)))
    problems.push(...(await tryMapping(trial, documents, show)));
  return problems;
}

/** The application servers by what their data server lets them do. One that cannot be asked is taken to refuse no write. */
async function rightsOf(
  servers: readonly Server[],
): Promise<{ readonly mayWrite: readonly Server[]; readonly mayOnlyRead: readonly Server[] }> {
  const answers = await Promise.all(
    servers.filter(({ role }) => role === 'data-server').map(server => runNode(server, ['status'])),
  );
  const readers = new Set(answers.flatMap(({ stdout }) => readNodeStatus(stdout)?.readOnly ?? []));
  const appServers = servers.filter(({ role }) => role === 'app-server');
  const isReader = ({ name }: Server): boolean => readers.has(`CN=${name}`);
  return { mayWrite: appServers.filter(server => !isReader(server)), mayOnlyRead: appServers.filter(isReader) };
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
async function exerciseOfArticle(
  servers: readonly Server[],
  mayWrite: readonly Server[],
  show: (line: string) => void,
): Promise<string[]> {
  const first = mayWrite[0]!;
  const own = `^${EXERCISE_GLOBAL}("ecp.verify","${randomUUID().slice(0, 8)}"`;
  const writings = [first, mayWrite[1] ?? first].map((writer, index) => ({
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
