import { randomUUID } from 'node:crypto';
import { loadSettings } from '../../settings';
import { requireServers, whyOutOfReach, type Server } from '../cluster';
import { run, type ProcessResult } from '../process';
import { UserError, bold, green, onStderr } from '../terminal';

/** A value that one server wrote and all must read. */
interface Writing {
  readonly reference: string;
  readonly value: string;
  readonly writer: Server;
}

/** `./ecp verify`: the article's exercise, shown as it goes. */
export async function verify(options: { readonly cluster?: string }): Promise<number> {
  const servers = await requireServers(options.cluster ?? loadSettings(process.env).cluster);
  const problems = await exercise(servers, line => console.log(line));
  for (const problem of problems) console.error(`${onStderr.red('✗')} ${problem}`);
  if (problems.length > 0) return 1;
  console.log(green(`All ${servers.length} servers agree.`));
  return 0;
}

/**
 * The article's exercise: the first application server writes `^demo.ecp(1)`, the second `^demo.ecp(2)`, with values that nobody
 * wrote before; then every server reads both, the data server from its own database. What could not be written is not looked for.
 *
 * @returns one sentence for each thing that differs
 */
export async function exercise(servers: readonly Server[], show: (line: string) => void): Promise<string[]> {
  const appServers = servers.filter(server => server.role === 'app-server');
  const first = appServers[0];
  if (!first) {
    throw new UserError('the exercise needs an application server, and the cluster has none; set ECP_APP_SERVERS');
  }
  const writings = [first, appServers[1] ?? first].map((writer, index) => ({
    reference: `^demo.ecp(${index + 1})`,
    value: `${new Date().toISOString()} write from ${writer.name} ${randomUUID().slice(0, 8)}`,
    writer,
  }));
  // At one time, since each of them waits as long as ecp-node does for a data server that does not answer.
  const outcomes = await Promise.all(writings.map(write));
  for (const { line } of outcomes) if (line !== undefined) show(line);
  const unwritten = outcomes.flatMap(({ problem }) => problem ?? []);
  if (unwritten.length > 0) return unwritten;
  const problems: string[] = [];
  for (const server of servers) problems.push(...(await readBack(server, writings, show)));
  return problems;
}

/** @returns a line to show, or what went wrong */
async function write({ reference, value, writer }: Writing): Promise<{ line?: string; problem?: string }> {
  for (const [args, input] of [
    [['set', reference], value],
    [['sync'], ''],
  ] as const) {
    const { code, stderr } = await node(writer, args, input);
    if (code !== 0)
      return { problem: `${writer.name} could not ${args.join(' ')}: ${stderr.trim() || `exit code ${code}`}` };
  }
  return { line: `${bold(writer.name)} wrote ${reference}="${value}"` };
}

async function readBack(server: Server, writings: readonly Writing[], show: (line: string) => void): Promise<string[]> {
  const problems: string[] = [];
  for (const { reference, value } of writings) {
    const result = await node(server, ['get', reference]);
    const found = result.stdout.replace(/\n$/, '');
    if (result.code !== 0)
      return [`${server.name} could not read ${reference}: ${result.stderr.trim() || `exit code ${result.code}`}`];
    if (found !== value) problems.push(`${server.name} reads ${reference}="${found}", written was "${value}"`);
  }
  const listing = await node(server, ['zwrite', '^demo.ecp']);
  show(`${bold(server.name)}${server.role === 'data-server' ? ' (its own database)' : ''}`);
  show(
    listing.stdout
      .trimEnd()
      .split('\n')
      .slice(0, 5)
      .map(line => `  ${line}`)
      .join('\n'),
  );
  return problems;
}

async function node(server: Server, args: readonly string[], input = ''): Promise<ProcessResult> {
  const reason = whyOutOfReach(server);
  if (reason !== undefined) return { code: 3, stdout: '', stderr: `it ${reason}` };
  return run('docker', ['exec', '-i', server.container, 'ecp-node', ...args], { input, timeoutSec: 30 });
}
