import { writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { synthesize } from '../../main';
import { loadSettings } from '../../settings';
import { NotRun, type Check } from '../verification/check';
import { requireServers, type Server } from '../cluster';
import { awaitNormal } from '../cluster-report';
import { docker } from '../docker';
import { hostileChecks } from '../verification/hostile-checks';
import { setUpMachine } from '../machine/machine';
import { run } from '../process';
import { formatReport, type CheckOutcome } from '../verification/report';
import { readStack } from '../terraform/stack-file';
import { apply, init } from '../terraform/terraform';
import { UserError, green, red, yellow } from '../terminal';
import { exercise } from './verify';

/** Options of `./ecp verify --full`. */
export interface VerifyFullOptions {
  readonly cluster?: string;
  /** File that the report is written to. */
  readonly report: string;
}

const NORMAL_WITHIN_SEC = 300;

/**
 * For someone who holds a licence, and for us: all that can be tried from outside on a running cluster, with a report to send.
 * It restarts every server and renews all certificates.
 */
export async function verifyFull(options: VerifyFullOptions): Promise<number> {
  const settings = loadSettings(process.env);
  const cluster = options.cluster ?? settings.cluster;
  const servers = await requireServers(cluster);
  const outcomes: CheckOutcome[] = [];
  for (const check of checksOf(cluster, servers, cluster === settings.cluster)) {
    const outcome = await runCheck(check);
    outcomes.push(outcome);
    const mark = { passed: green('✓'), failed: red('✗'), 'not run': yellow('○') }[outcome.result];
    console.log(`${mark} ${outcome.name}${outcome.detail ? `: ${outcome.detail}` : ''}`);
  }
  writeFileSync(options.report, await formatReport(cluster, await requireServers(cluster), outcomes), { mode: 0o644 });
  console.log(`\nreport: ${options.report}`);
  return outcomes.some(({ result }) => result === 'failed') ? 1 : 0;
}

function checksOf(cluster: string, servers: readonly Server[], isOurs: boolean): Check[] {
  return [
    { name: 'every server is Normal', run: () => waitForNormal(cluster) },
    { name: 'the exercise', run: () => runExercise(servers) },
    ...hostileChecks(servers),
    ...servers.map(server => ({
      name: `${server.name} comes back from a restart`,
      run: async () => {
        await docker(['restart', '--time', '120', server.container], 300);
        return waitForNormal(cluster);
      },
    })),
    { name: 'certificates are renewed without a restart', run: () => rotate(cluster, isOurs) },
    { name: 'the exercise after all that', run: () => runExercise(servers) },
  ];
}

async function runCheck({ name, run: body }: Check): Promise<CheckOutcome> {
  const start = Date.now();
  const seconds = (): number => (Date.now() - start) / 1000;
  try {
    return { name, result: 'passed', detail: await body(), seconds: seconds() };
  } catch (error) {
    const result = error instanceof NotRun ? 'not run' : 'failed';
    return { name, result, detail: (error as Error).message, seconds: seconds() };
  }
}

async function waitForNormal(cluster: string): Promise<string> {
  const start = Date.now();
  const { servers } = await awaitNormal(cluster, NORMAL_WITHIN_SEC, () => undefined);
  const waiting = servers.filter(({ state }) => state !== 'Normal');
  if (waiting.length === 0) return `after ${((Date.now() - start) / 1000).toFixed(1)} s`;
  const states = waiting.map(({ server, state, reason }) => `${server.name} is ${state} (${reason})`).join(', ');
  throw new Error(`not within ${NORMAL_WITHIN_SEC} s: ${states}`);
}

async function runExercise(servers: readonly Server[]): Promise<string> {
  const problems = await exercise(servers, () => undefined);
  if (problems.length > 0) throw new Error(problems.join('; '));
  return `${servers.length} servers agree`;
}

/** Renews every leaf by a plan, as time would, and looks at what the data server shows afterwards. */
async function rotate(cluster: string, isOurs: boolean): Promise<string> {
  if (!isOurs) throw new NotRun('another stack deployed this cluster; renew its certificates there');
  const machine = await setUpMachine({ assumeYes: false, rehearsal: false });
  const { stackDirectory, leafAddresses } = leavesOf(synthesize());
  const before = await requireServers(cluster);
  const servedBefore = await servedSerial(before);
  const workspace = { terraform: machine.terraform, directory: stackDirectory };
  await init(workspace);
  const { ok, diagnostics } = await apply(workspace, { replace: leafAddresses, progress: () => undefined });
  if (!ok) throw new Error(diagnostics.map(({ summary, detail }) => `${summary} ${detail}`).join('; '));
  const after = await requireServers(cluster);
  const replaced = after.filter(({ facts }) => !before.some(each => each.facts.Id === facts.Id));
  if (replaced.length > 0) throw new Error(`replaced ${replaced.map(({ name }) => name).join(', ')}`);
  for (let attempt = 0; attempt < 60; attempt++) {
    const served = await servedSerial(after);
    if (served !== servedBefore)
      return `${leafAddresses.length} renewed; the data server shows serial ${served.slice(0, 8)}…`;
    await setTimeout(500);
  }
  throw new Error(`the data server still shows the certificate with serial ${servedBefore}`);
}

function leavesOf({ stackDirectory }: ReturnType<typeof synthesize>): {
  stackDirectory: string;
  leafAddresses: string[];
} {
  const names = Object.keys(readStack(stackDirectory).resource.tls_locally_signed_cert ?? {});
  return { stackDirectory, leafAddresses: names.map(name => `tls_locally_signed_cert.${name}`) };
}

/** Serial number of the certificate that the data server shows to an application server. */
async function servedSerial(servers: readonly Server[]): Promise<string> {
  const client = servers.find(({ role }) => role === 'app-server');
  if (!client) throw new UserError('the cluster has no application server to look from');
  const script = `timeout 5 openssl s_client -connect data-server:1972 -cert /ecp/files/pki/cert.pem -key /ecp/files/pki/key.pem \\
    -CAfile /ecp/files/pki/ca.pem </dev/null 2>/dev/null | openssl x509 -noout -serial`;
  const result = await run('docker', ['exec', client.container, 'bash', '-c', script], { timeoutSec: 20 });
  const serial = /serial=(\w+)/.exec(result.stdout)?.[1];
  if (!serial) throw new NotRun(`openssl in ${client.name} does not see the certificate: ${result.stderr.trim()}`);
  return serial;
}
