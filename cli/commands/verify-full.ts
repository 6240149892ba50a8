import { writeFileSync } from 'node:fs';
import { loadSettings } from '../../app/settings';
import { restartContainer } from '../access/container';
import { requireServers, type Server } from '../access/servers';
import { awaitNormal } from '../cluster-report';
import { saysYes } from '../machine/consent';
import { UserError, green, red, visible, visibleLines, yellow } from '../terminal';
import { certificateChecks } from '../verification/certificate-checks';
import { runCheck, type Check, type CheckOutcome } from '../verification/check';
import { durabilityChecks } from '../verification/durability-checks';
import { exercise } from '../verification/exercise';
import { hostileChecks } from '../verification/hostile-checks';
import { irisFindings } from '../verification/iris/findings';
import { fromCaller } from '../from-caller';
import { formatReport } from '../verification/report';

/** Options of `./ecp verify --full`. */
export interface VerifyFullOptions {
  readonly cluster?: string;
  /** File that the report is written to. */
  readonly report: string;
  /** Do not ask before servers are restarted. */
  readonly assumeYes: boolean;
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
  if (servers.filter(({ role }) => role === 'data-server').length > 1)
    throw new UserError(
      `'--full' must be asked of a cluster with one data server, and '${cluster}' has a mirror; ./ecp verify is for it`,
      2,
    );
  if (!(await mayRestart(cluster, options.assumeYes))) {
    console.log('Nothing was restarted.');
    return 1;
  }
  const outcomes: CheckOutcome[] = [];
  for (const check of checksOf(cluster, servers, cluster === settings.cluster)) {
    const outcome = await runCheck(check);
    outcomes.push(outcome);
    const mark = { passed: green('✓'), failed: red('✗'), 'not run': yellow('○') }[outcome.result];
    console.log(`${mark} ${outcome.name}${outcome.detail ? `: ${visibleLines(outcome.detail).join('\n')}` : ''}`);
  }
  const after = await requireServers(cluster);
  const findings = await irisFindings(after, outcomes);
  for (const { verdict, name, seen } of findings)
    if (verdict === 'refuted') console.log(`${red('✗')} docs/iris.md, ${name}: ${visible(seen)}`);
  writeFileSync(fromCaller(options.report), await formatReport(cluster, after, outcomes, findings), { mode: 0o644 });
  console.log(`\nreport: ${options.report}`);
  const isRefuted = findings.some(({ verdict }) => verdict === 'refuted');
  return isRefuted || outcomes.some(({ result }) => result === 'failed') ? 1 : 0;
}

async function mayRestart(cluster: string, assumeYes: boolean): Promise<boolean> {
  if (assumeYes) return true;
  const what = `'--full' restarts every server of '${cluster}', kills the data server and renews all certificates`;
  if (!process.stdin.isTTY || !process.stdout.isTTY)
    throw new UserError(`${what}, and there is no terminal to ask on; add --yes`);
  console.log(`${what}.`);
  return saysYes();
}

function checksOf(cluster: string, servers: readonly Server[], isOurs: boolean): Check[] {
  const [dataServer, appServer] = (['data-server', 'app-server'] as const).map(role =>
    servers.find(each => each.role === role),
  );
  if (!dataServer || !appServer)
    throw new UserError("'verify --full' needs a data server and an application server here");
  return [
    { name: 'every server is Normal', run: () => waitForNormal(cluster) },
    { name: 'the exercise', run: () => runExercise(servers) },
    ...hostileChecks(servers),
    ...servers.map(server => ({
      name: `${server.name} comes back from a restart`,
      run: async () => {
        await restartContainer(server.facts, 120);
        return waitForNormal(cluster);
      },
    })),
    ...certificateChecks(cluster, { dataServer, appServer }, isOurs),
    ...durabilityChecks({ dataServer, appServer }, isOurs, () => waitForNormal(cluster)),
    // The data server has another container by now.
    { name: 'the exercise after all that', run: async () => runExercise(await requireServers(cluster)) },
  ];
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
