import { readFileSync } from 'node:fs';
import { CONTEXT_FILE } from '../../app/context-file';
import { loadSettings } from '../../app/settings';
import { synthesizeOnce } from '../../app/synthesize-once';
import { FILES, FILES_DIRECTORY } from '../../contract/contract';
import { readConfigurations } from '../access/configuration';
import { readOut } from '../access/container';
import { engineFactsOf } from '../access/engine-facts';
import { containersOf } from '../access/found-containers';
import { partsAmong } from '../access/parts';
import { findServers } from '../access/servers';
import { reportCluster } from '../cluster-report';
import { historyOf, isServer, serverOf } from '../logs/server-log';
import { findTerraform, planEnvironment } from '../machine/terraform';
import { run } from '../process';
import { askVersions } from '../versions';
import { init } from '../terraform/terraform';
import { formatJson } from '../views/json';
import { formatTable } from '../views/table';
import { REMOVED, redactor, withoutSecrets } from './redact';
import { secretsInFiles, secretsInObject, secretsInState } from './secrets';

/** Lines of each server's log, from its end. */
export const LOG_LINES = 20_000;

const PLAN_SEC = 240;

/** What a report is of. */
export interface ReportRequest {
  readonly cluster: string;
  /** False for a cluster that another stack deployed: its settings and its plan are there. */
  readonly isOwn: boolean;
}

/** Texts of a report by their paths, without secrets, and what could not be had. */
export interface ReportContents {
  readonly texts: ReadonlyMap<string, string>;
  readonly missing: readonly string[];
}

/** Collects all that a bug report needs to say. A part that cannot be had is named, and the others are there. */
export async function collectReport({ cluster, isOwn }: ReportRequest): Promise<ReportContents> {
  const texts = new Map<string, string>();
  const missing: string[] = [];
  const secrets = secretsInObject(process.env);
  const part = async (name: string, make: () => Promise<string> | string): Promise<void> => {
    try {
      texts.set(name, await make());
    } catch (error) {
      missing.push(`${name}: ${(error as Error).message}`);
    }
  };
  await part('versions.json', async () => json(await askVersions(cluster)));
  await part('engines.json', async () => json(await engineFactsOf(cluster)));
  if (isOwn) {
    await part('settings.json', () => settingsText(secrets));
    await part('cdktf.json', () => documentText(readFileSync(CONTEXT_FILE, 'utf8'), secrets));
    await part('plan.txt', () => planText(secrets));
  }
  await part('status.json', async () => {
    const report = await reportCluster(cluster);
    texts.set('status.txt', `${formatTable(report)}\n`);
    return formatJson(report, await readConfigurations(report.servers));
  });
  for (const server of await findServers(cluster).catch(() => [])) {
    const read = async (): Promise<string> =>
      documentText(await readOut(server.facts, `${FILES_DIRECTORY}/${FILES.config}`), secrets);
    await part(`config/${server.name}.json`, read);
  }
  for (const [server, log] of await logsOf(cluster, missing)) texts.set(`logs/${server}.log`, log);
  const redact = redactor(secrets);
  if (missing.length > 0) texts.set('missing.txt', missing.map(each => `${each}\n`).join(''));
  return { texts: new Map([...texts].map(([name, text]) => [name, redact(text)])), missing: missing.map(redact) };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

/** The settings in force, and which variables set any. Values of variables of a document may be passwords under any name. */
function settingsText(secrets: string[]): string {
  const settings = loadSettings(process.env);
  secrets.push(...secretsInObject(settings), ...secretsInFiles(settings));
  const { configVariables } = settings;
  const hidden = configVariables && Object.fromEntries(Object.keys(configVariables).map(name => [name, REMOVED]));
  const fromEnvironment = Object.keys(process.env)
    .filter(name => /^(ECP|TF|DOCKER|CDKTF|TERRAFORM)_/.test(name))
    .sort();
  return json({ settings: withoutSecrets({ ...settings, configVariables: hidden }), variablesSet: fromEnvironment });
}

/** A JSON document; what its members of a secret's name have must not be anywhere else either. */
function documentText(text: string, secrets: string[]): string {
  const document: unknown = JSON.parse(text);
  secrets.push(...secretsInObject(document));
  const { context } = document as { readonly context?: { readonly configVariables?: unknown } };
  const shown = context?.configVariables === undefined ? document : withoutVariables(document as { context: object });
  return json(withoutSecrets(shown));
}

function withoutVariables(document: { readonly context: object }): object {
  return { ...document, context: { ...document.context, configVariables: REMOVED } };
}

async function planText(secrets: string[]): Promise<string> {
  const { stackDirectory, stateFile } = await synthesizeOnce();
  secrets.push(...secretsInState(stateFile));
  const { program: terraform } = await findTerraform();
  await init({ terraform, directory: stackDirectory });
  // A report must not wait for whoever holds the lock, and writes no state.
  const args = ['plan', '-input=false', '-no-color', '-lock=false'];
  const { code, stdout, stderr } = await run(terraform, args, {
    cwd: stackDirectory,
    env: planEnvironment(),
    timeoutSec: PLAN_SEC,
  });
  return `${stdout}${stderr}\nterraform plan ended with code ${code}\n`;
}

/** Logs by the names of the servers. */
async function logsOf(cluster: string, missing: string[]): Promise<Map<string, string>> {
  const logs = new Map<string, string>();
  const found = await containersOf(cluster).catch(() => ({ containers: [], silent: [] }));
  for (const { node, why } of found.silent) missing.push(`logs of the node ${node}: ${why}`);
  const names = partsAmong(found.containers).map(({ name }) => name);
  for (const name of names) {
    const own = found.containers.filter(each => isServer(each) && serverOf(each) === name);
    const complain = (_: string, words: string): unknown => missing.push(`logs/${name}.log: ${words}`);
    const lines: string[] = [];
    for await (const { time, text } of historyOf(own, { tail: LOG_LINES }, new Map(), complain))
      lines.push(`${time} ${text}\n`);
    logs.set(name, lines.join(''));
  }
  return logs;
}
