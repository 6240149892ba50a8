import { isAsWanted } from '../access/fenced';
import { usesSsh } from '../../app/node-settings';
import { settleCaNumbers } from '../../app/authority-numbers';
import type { Synthesized } from '../../app/synthesize';
import { synthesizeOnce } from '../../app/synthesize-once';
import { placesOf } from '../access/endpoints';
import { containersOf } from '../access/found-containers';
import { askNodes, requireDataServer, type LeftOut } from '../access/left-out';
import { silentInWords } from '../access/silent-nodes';
import { whileWatched } from '../access/watch-nodes';
import { awaitNormal, exitCodeOf, type ClusterReport, type JustFound } from '../cluster-report';
import { agreeToDeploy, type DeployConsent } from '../deploy/consent';
import { deploy } from '../deploy/deploy';
import { noteDeployedFrom, readDeployedFrom } from '../deploy/deployed-from';
import { whoseElse } from '../deploy/foreign';
import { requireKeptPrimary } from '../deploy/kept-primary';
import { presentOf } from '../deploy/present';
import { healedLines } from '../drift/heal';
import { noteUnlimited } from '../drift/note-unlimited';
import { printUnhealthy } from '../failures/explain';
import { watchReports } from '../failures/start-watch';
import { checkMachine } from '../machine/check';
import { setUpMachine } from '../machine/machine';
import { requirePorts } from '../machine/ports';
import { requireSubnet } from '../machine/subnet';
import { letFilesBeTaken } from '../rotation/await-files';
import { owesKeys } from '../rotation/ca-steps';
import { requireOverlap } from '../rotation/require-overlap';
import { requireSwarm } from '../swarm/require-swarm';
import { awaitUpdates, failedUpdate } from '../swarm/updates';
import { dim, onStderr, red, step } from '../terminal';
import { prepareTerraform } from '../terraform/prepare';
import { readStack } from '../terraform/stack-file';
import type { Workspace } from '../terraform/terraform';
import { nextCommands } from '../views/next-commands';
import { formatTable } from '../views/table';
import { bringMachines } from '../machines/bring-machines';

/** Options of `./ecp up`. */
export interface UpOptions extends DeployConsent {
  readonly assumeYes: boolean;
  readonly check: boolean;
  /** Number of machines of a data centre that is made on this host for the cluster. @default - none is made */
  readonly machines?: string;
  /** Replaces all servers of a change together. @default false */
  readonly atOnce?: boolean;
  /** Replaces the data server's image without a young backup. @default false */
  readonly withoutBackup?: boolean;
}

/** Brings the machine, then the cluster, to what the settings say, and ends when every server is Normal. */
export async function up(options: UpOptions): Promise<number> {
  if (options.check) return check();
  // A refused setting ends here, before this machine is changed.
  const first = await synthesizeOnce();
  const machine = await setUpMachine({
    assumeYes: options.assumeYes,
    rehearsal: first.usesRehearsalBase,
    ssh: usesSsh(first.settings),
  });
  const hasMachines = await bringMachines(first.settings, machine.rehearsalBaseImage, options.machines);
  // Again where the set-up found something: base image and providers.
  const stack = await step('Synthesize', async () => (machine.changed || hasMachines ? synthesizeOnce() : first));
  const cluster = stack.settings.cluster;
  const { isSwarm } = placesOf(cluster);
  const workspace: Workspace = { terraform: machine.terraform, directory: stack.stackDirectory };
  const leftOut = await askNodes(cluster);
  requireDataServer(leftOut);
  noteLeftOut(leftOut);
  await requireKeptPrimary(stack.settings);
  const present = presentOf(cluster);
  const deployedFrom = readDeployedFrom(cluster);
  await step('Prepare Terraform', async () => {
    const place = requirePlace(stack);
    // Their sentences come after those of the others.
    for (const each of [place, present, deployedFrom]) each.catch(() => undefined);
    await prepareTerraform(stack, workspace);
    await requireOverlap(stack, leftOut);
    await place;
  });
  if (!(await agreeToDeploy(stack, options, await present))) {
    console.log('Nothing was changed.');
    return 1;
  }
  await noteDeployedFrom(cluster, stack.stateFile, await deployedFrom);
  const deployed = await whileWatched(cluster, leftOut, nodes => deploy(workspace, stack, leftOut, nodes, options));
  if (typeof deployed === 'number') return deployed;
  const { changes, drift, updates, began, stillHolds } = deployed;
  console.log(dim(`${changes.add} added, ${changes.change} changed, ${changes.remove} destroyed`));

  if (updates) {
    const failed = await step('Wait for the swarm', progress =>
      awaitUpdates(cluster, updates, stack.startTimeoutSec, progress),
    );
    for (const service of failed) console.error(failedUpdate(service));
    if (failed.length > 0) return 1;
  }
  const found = isSwarm ? undefined : await containersOf(cluster);
  if (found && (await noteUnlimited(stack.stackDirectory, found))) await synthesizeOnce();
  if (changes.add > 0) await letFilesBeTaken(cluster, began);
  const report = await waitForNormal(stack, changes.add > 0 ? {} : { containers: found, drift: stillHolds });
  // This has ended the trust of step 2, not its new keys: those are left to ./ecp rotate --ca.
  const keysOwed = owesKeys(stack.caNumbers);
  if (report.ok && !keysOwed && leftOut.servers.length === 0) settleCaNumbers(stack.stateFile, stack.caNumbers);
  for (const line of healedLines(drift, report)) console.log(line);
  console.log();
  console.log(formatTable(report));
  for (const { server, state } of report.servers) if (!isAsWanted(state)) await printUnhealthy(server);
  if (keysOwed)
    console.log('Servers may still have the keys of before ./ecp rotate --ca: run it again, and it goes on.');
  if (report.ok) console.log(nextCommands(report));
  return exitCodeOf(report);
}

/** @throws UserError when the cluster cannot be where it is to be, as far as that is known before a plan */
async function requirePlace({ settings, webPorts }: Synthesized): Promise<void> {
  const { cluster, nodes, subnet } = settings;
  if (placesOf(cluster).isSwarm) await requireSwarm(settings);
  // Of other hosts neither ports nor routes are known here.
  if (nodes !== undefined) return;
  await requirePorts(cluster, webPorts);
  if (subnet) await requireSubnet(cluster, subnet);
}

function noteLeftOut({ silent, servers }: LeftOut): void {
  if (silent.length === 0) return;
  const rest = servers.length > 0 ? `; ./ecp up brings ${servers.join(', ')} to the settings when it does` : '';
  console.error(onStderr.yellow(`${silentInWords(silent)}: the others go on${rest}`));
}

/** All that would stop an `up`, with nothing changed. */
async function check(): Promise<number> {
  const stack = await synthesizeOnce();
  const { cluster } = stack.settings;
  if (!(await checkMachine(checkRequest(stack)))) return 1;
  const whose = await whoseElse(cluster, stack.stateFile, await presentOf(cluster));
  if (whose === undefined) return 0;
  console.log(`${red('✗')} ${whose}; ./ecp up --adopt would take it over`);
  return 1;
}

function checkRequest({
  settings,
  webPorts,
  stackDirectory,
  usesRehearsalBase,
}: Synthesized): Parameters<typeof checkMachine>[0] {
  const images = Object.values(readStack(stackDirectory).resource.docker_image ?? {});
  const { cluster, subnet } = settings;
  const fetched = images.flatMap(({ name, build }) => (name === undefined || build ? [] : [name]));
  return { cluster, webPorts, subnet, images: fetched, rehearsal: usesRehearsalBase, ssh: usesSsh(settings) };
}

/** Terraform waits for servers that it makes, but not for those that it restarts or delivers files to. */
function waitForNormal(
  { settings, startTimeoutSec, failurePatienceSec }: Synthesized,
  just: JustFound,
): Promise<ClusterReport> {
  return step(
    'Ask every server',
    progress =>
      awaitNormal(settings.cluster, startTimeoutSec, progress, {
        isPointless: watchReports(failurePatienceSec),
        byProbes: true,
        just,
      }),
    ({ ok }) => ok,
  );
}
