import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LABELS } from '../../contract/contract';
import { logsOf } from '../access/container';
import { tryDocker } from '../access/docker';
import { reportServers } from '../access/server-report';
import type { Server } from '../access/servers';
import { type ProcessResult, run } from '../process';
import type { CheckOutcome } from './check';
import type { NamedFinding } from './iris/statements';

/** A report in Markdown, fit to paste into an issue: versions, each check, and what the servers said when one failed. */
export async function formatReport(
  cluster: string,
  servers: readonly Server[],
  outcomes: readonly CheckOutcome[],
  findings: readonly NamedFinding[] = [],
): Promise<string> {
  const count = (result: CheckOutcome['result']): number =>
    outcomes.filter(outcome => outcome.result === result).length;
  const lines = [
    `# Verification of cluster '${cluster}'`,
    '',
    `${new Date().toISOString()}: ${count('passed')} passed, ${count('failed')} failed, ${count('not run')} not run.`,
    '',
    ...(await versions(servers)).map(([what, value]) => `- ${what}: ${value}`),
    '',
    '| check | result | seconds | detail |',
    '| --- | --- | --- | --- |',
    ...outcomes.map(each => `| ${each.name} | ${each.result} | ${each.seconds.toFixed(1)} | ${cell(each.detail)} |`),
    '',
    ...statements(findings),
  ];
  if (count('failed') > 0 || findings.some(({ verdict }) => verdict === 'refuted'))
    lines.push(...(await evidence(servers)));
  return lines.join('\n');
}

/** For the table of docs/iris.md, whose rows have the same names. */
function statements(findings: readonly NamedFinding[]): string[] {
  if (findings.length === 0) return [];
  return [
    '## Statements of docs/iris.md',
    '',
    '| statement | verdict | what was seen |',
    '| --- | --- | --- |',
    ...findings.map(({ name, verdict, seen }) => `| ${name} | ${verdict} | ${cell(seen)} |`),
    '',
  ];
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

async function versions(servers: readonly Server[]): Promise<[string, string][]> {
  const firstLine = ({ stdout }: ProcessResult): string => (stdout.split('\n')[0] ?? '').trim() || 'unknown';
  const ofDocker = async (...args: string[]): Promise<string> => firstLine(await tryDocker(args, { timeoutSec: 20 }));
  const terraform = process.env.TERRAFORM_BINARY_NAME ?? 'terraform';
  const { version } = JSON.parse(readFileSync(join(__dirname, '..', '..', 'package.json'), 'utf8')) as {
    version: string;
  };
  const image = servers[0]
    ? await ofDocker('inspect', '--format', '{{.Config.Image}} {{.Image}}', servers[0].facts.Id)
    : 'none';
  return [
    ['this package', version],
    ['engine', servers[0]?.facts.Config.Labels[LABELS.engine] ?? 'unknown'],
    ['image', image],
    [
      'Docker',
      await ofDocker(
        'version',
        '--format',
        '{{.Server.Version}} (API {{.Server.APIVersion}}), {{.Server.Os}}/{{.Server.Arch}}',
      ),
    ],
    ['Terraform', firstLine(await run(terraform, ['version'], { timeoutSec: 20 }))],
    ['Node.js', process.version],
    ['host', `${process.platform} ${process.arch}`],
  ];
}

/** What each server says of itself, and the end of its log. Neither holds a key: the engines do not print any. */
async function evidence(servers: readonly Server[]): Promise<string[]> {
  const reports = await reportServers(servers);
  const sections = reports.map(async ({ server, state, reason, status }) => {
    const logs = await logsOf(server.facts, { tail: 40, timeoutSec: 20 });
    return [
      `## ${server.name}: ${state}${reason ? `, ${reason}` : ''}`,
      '',
      ...['```json', JSON.stringify(status ?? {}, null, 2), '```', ''],
      ...['```text', `${logs.stdout}${logs.stderr}`.trim(), '```', ''],
    ];
  });
  return (await Promise.all(sections)).flat();
}
