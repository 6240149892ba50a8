import { synthesize, type Synthesized } from '../../main';
import { printExplanations } from '../explain';
import { checkMachine } from '../machine/check';
import { setUpMachine } from '../machine/machine';
import { requirePorts } from '../machine/ports';
import { requireSubnet } from '../machine/subnet';
import { sweep } from '../sweep';
import {
  apply,
  forgetVolume,
  init,
  requireReadableState,
  type ApplyResult,
  type Diagnostic,
  type Workspace,
} from '../terraform';
import { bold, dim, step, type Progress } from '../terminal';
import { awaitNormal, printStatus, type ClusterReport } from './status';

/** Options of `./ecp up`. */
export interface UpOptions {
  readonly assumeYes: boolean;
  readonly check: boolean;
}

/** Brings the machine, then the cluster, to what the settings say, and ends when every server is Normal. */
export async function up(options: UpOptions): Promise<number> {
  if (options.check) return (await checkMachine(checkRequest())) ? 0 : 1;
  // A refused setting ends here, before this machine is changed.
  const { engine } = synthesize().settings;
  const machine = await setUpMachine({ assumeYes: options.assumeYes, rehearsal: engine === 'rehearsal' });
  // Again, now with what the set-up found: base image and providers.
  const stack = await step('Synthesize', () => Promise.resolve(synthesize()));
  const cluster = stack.settings.cluster;
  const workspace: Workspace = { terraform: machine.terraform, directory: stack.stackDirectory };
  await step('Prepare Terraform', async () => {
    requireReadableState(stack.stateFile);
    await init(workspace);
    await requirePorts(cluster, webPorts(stack.settings));
    if (stack.settings.subnet) await requireSubnet(cluster, stack.settings.subnet);
  });
  for (const what of await sweep(cluster, stack.stateFile)) {
    console.log(`removed ${what}, which the state does not know`);
  }

  // Going back from `destroy` to `retain` takes the volume out of the stack; without this the plan would delete the data.
  if (
    stack.settings.dataRetention !== 'destroy' &&
    (await forgetVolume(workspace, stack.stateFile, `${cluster}-data`))
  ) {
    console.log(`kept volume ${cluster}-data, which no longer belongs to the stack`);
  }

  const result = await step(
    `Deploy cluster '${cluster}'`,
    progress => deploy(workspace, progress),
    ({ ok }) => ok,
  );
  if (!result.ok) {
    await printExplanations(result.diagnostics, stack.stackDirectory, cluster);
    return 1;
  }
  console.log(dim(`${result.changes.add} added, ${result.changes.change} changed, ${result.changes.remove} destroyed`));

  const report = await waitForNormal(cluster, stack.settings.startTimeoutSec ?? (engine === 'iris' ? 300 : 120));
  console.log();
  printStatus(report);
  console.log(nextCommands());
  return report.ok ? 0 : 1;
}

/** A delivery that failed stops every later plan at its postcondition; the remedy that it names is safe to apply. */
async function deploy(workspace: Workspace, progress: Progress): Promise<ApplyResult> {
  const first = await apply(workspace, { progress });
  const failed = first.diagnostics.filter(isFailedDelivery).map(diagnostic => diagnostic.address!);
  return failed.length > 0 ? apply(workspace, { progress, replace: failed }) : first;
}

function checkRequest(): Parameters<typeof checkMachine>[0] {
  const { settings } = synthesize();
  const { cluster, subnet, engine } = settings;
  return { cluster, webPorts: webPorts(settings), subnet, rehearsal: engine === 'rehearsal' };
}

function webPorts(settings: Synthesized['settings']): number[] {
  const numbers = settings.appServers.map(name => Number(/^app-server-([1-9]\d*)$/.exec(name)?.[1])).filter(Boolean);
  return [settings.dataServerWebPort, ...numbers.map(number => settings.appServerWebPortBase + number)];
}

/** Terraform waits for servers that it makes, but not for those that it starts again or whose files it delivers anew. */
function waitForNormal(cluster: string, timeoutSec: number): Promise<ClusterReport> {
  return step('Ask every server', progress => awaitNormal(cluster, timeoutSec, progress));
}

function isFailedDelivery(diagnostic: Diagnostic): boolean {
  return diagnostic.summary.includes('postcondition failed') && diagnostic.address !== undefined;
}

function nextCommands(): string {
  const rows = [
    ['./ecp verify', 'write and read ^demo.ecp through every server'],
    ['./ecp exec app-server-1 session', 'a session on an application server'],
    ['npx cdktf diff', 'what a change of the settings would do'],
    ['./ecp down', 'remove the cluster, keep its data'],
  ];
  return [`\n${bold('Next')}`, ...rows.map(([command = '', what]) => `  ${command.padEnd(34)}${dim(what ?? '')}`)].join(
    '\n',
  );
}
