import { usesSsh } from '../../app/node-settings';
import type { Settings } from '../../app/settings';
import { settleCaNumbers } from '../../app/authority-numbers';
import { synthesize, type Synthesized } from '../../app/synthesize';
import type { ContainerFacts } from '../access/docker';
import { placesOf } from '../access/endpoints';
import { askNodes, requireDataServer, type LeftOut } from '../access/left-out';
import { isPaused } from '../access/paused';
import { findContainers, findServers, serversAmong } from '../access/servers';
import { silentInWords } from '../access/silent-nodes';
import { watchNodes } from '../access/watch-nodes';
import { awaitNormal, exitCodeOf, type ClusterReport } from '../cluster-report';
import { findDrift } from '../drift/find-drift';
import { deliveriesToRepeat, haltedServers, healByDocker, healedLines } from '../drift/heal';
import { noteUnlimited } from '../drift/note-unlimited';
import { printExplanations, printUnhealthy } from '../failures/explain';
import { watchReports, watchStarts } from '../failures/start-watch';
import { checkMachine } from '../machine/check';
import { setUpMachine } from '../machine/machine';
import { requirePorts } from '../machine/ports';
import { requireSubnet } from '../machine/subnet';
import { letFilesBeTaken } from '../rotation/await-files';
import { owesKeys } from '../rotation/ca-steps';
import { startServers } from '../resume';
import { requireOverlap } from '../rotation/require-overlap';
import { requireOverlay } from '../swarm/require-overlay';
import { requireSwarm } from '../swarm/require-swarm';
import { awaitUpdates, earlierUpdates, failedUpdate } from '../swarm/updates';
import { UserError, bold, dim, onStderr, step, type Progress } from '../terminal';
import { applyWithDeliveries } from '../terraform/failed-delivery';
import { keepDataVolume } from '../terraform/forget-data';
import { imagesFirst } from '../terraform/images-first';
import { prepareTerraform } from '../terraform/prepare';
import { reachableTargets } from '../terraform/reachable';
import { readStack } from '../terraform/stack-file';
import { sweep } from '../terraform/sweep';
import type { ApplyResult, Workspace } from '../terraform/terraform';
import { formatTable } from '../views/table';
import { readDataCentre, type DataCentre } from '../../app/data-centre';
import { makeDataCentre } from '../machines/data-centre';

/** Options of `./ecp up`. */
export interface UpOptions {
  readonly assumeYes: boolean;
  readonly check: boolean;
  /** Number of machines of a data centre that is made on this host for the cluster. @default - none is made */
  readonly machines?: string;
}

/** Brings the machine, then the cluster, to what the settings say, and ends when every server is Normal. */
export async function up(options: UpOptions): Promise<number> {
  if (options.check) return (await checkMachine(checkRequest())) ? 0 : 1;
  // A refused setting ends here, before this machine is changed.
  const first = synthesize();
  const machine = await setUpMachine({
    assumeYes: options.assumeYes,
    rehearsal: first.usesRehearsalBase,
    ssh: usesSsh(first.settings),
  });
  const hasMachines = await bringMachines(first.settings, machine.rehearsalBaseImage, options.machines);
  // Again where the set-up found something: base image and providers.
  const stack = await step('Synthesize', () => Promise.resolve(machine.changed || hasMachines ? synthesize() : first));
  const cluster = stack.settings.cluster;
  const { isSwarm } = placesOf(cluster);
  const workspace: Workspace = { terraform: machine.terraform, directory: stack.stackDirectory };
  const leftOut = await askNodes(cluster);
  requireDataServer(leftOut);
  noteLeftOut(leftOut);
  await step('Prepare Terraform', async () => {
    await prepareTerraform(stack, workspace);
    await requireOverlap(stack, leftOut);
    if (isSwarm) await requireSwarm(stack.settings);
    // Of other hosts neither ports nor routes are known here.
    if (stack.settings.nodes !== undefined) return;
    await requirePorts(cluster, stack.webPorts);
    if (stack.settings.subnet) await requireSubnet(cluster, stack.settings.subnet);
  });
  const found = await awaken(cluster, await findContainers(cluster));
  const targets = reachableTargets(leftOut.silent, stack);
  const nodes = watchNodes(cluster, leftOut);
  if (found.length > 0) {
    const failed = await imagesFirst(workspace, stack, { targets, nodes });
    if (failed !== undefined) return failed;
  }
  const halted = isSwarm ? [] : haltedServers(serversAmong(found));
  const drift = isSwarm ? [] : [...halted, ...(await findDrift(cluster, found)).drift];
  const swept = await sweep(cluster, stack.stateFile);
  for (const what of swept) console.log(`removed ${what}, which the state does not know`);
  // Of a swarm it is only told, and Terraform reads services for longer than the look takes. One that fails tells nothing.
  const looking = isSwarm ? findDrift(cluster, found).catch(() => ({ drift: [] })) : undefined;
  if (drift.length > 0) await healByDocker(drift, await findServers(cluster));

  // Going back from `destroy` to `retain` takes the volume out of the stack; without this the plan would delete the data.
  if (await keepDataVolume(workspace, stack.stateFile, cluster))
    console.log(`kept volume ${cluster}-data, which the plan could have removed`);

  const cannotProbe = await requireOverlay(workspace, stack);
  if (cannotProbe !== undefined) return cannotProbe;
  const updates = isSwarm ? await earlierUpdates(cluster) : undefined;
  const began = Date.now();
  const isPointless = watchStarts(stack.stackDirectory, cluster, stack.failurePatienceSec);
  const deployOnce = (progress: Progress, changed: typeof drift): Promise<ApplyResult> =>
    applyWithDeliveries(workspace, {
      progress,
      isPointless,
      targets,
      nodes,
      replace: deliveriesToRepeat(changed, stack.stackDirectory, cluster),
    });
  const result = await step(
    `Deploy cluster '${cluster}'`,
    async progress => {
      const first = await deployOnce(progress, drift);
      if (!first.ok || halted.length === 0) return first;
      // Files can be looked at only in a server that runs.
      const late = (await findDrift(cluster, await findContainers(cluster))).drift.filter(({ redeliver }) => redeliver);
      drift.push(...late);
      return late.length > 0 ? together(first, await deployOnce(progress, late)) : first;
    },
    ({ ok }) => ok,
  ).finally(nodes.end);
  if (result.interrupted) {
    console.error('Interrupted: what was made stays. ./ecp up goes on from there, ./ecp down removes it.');
    return 130;
  }
  if (!result.ok) {
    await printExplanations(result.diagnostics, stack.stackDirectory, cluster, result.gaveUpOn);
    return 1;
  }
  if (looking) drift.push(...(await looking).drift);
  console.log(dim(`${result.changes.add} added, ${result.changes.change} changed, ${result.changes.remove} destroyed`));

  if (updates) {
    const failed = await step('Wait for the swarm', progress =>
      awaitUpdates(cluster, updates, stack.startTimeoutSec, progress),
    );
    for (const service of failed) console.error(failedUpdate(service));
    if (failed.length > 0) return 1;
  } else if (await noteUnlimited(cluster, stack.stackDirectory)) synthesize();
  if (result.changes.add > 0) await letFilesBeTaken(cluster, began);
  const report = await waitForNormal(stack);
  // This has ended the trust of step 2, not its new keys: those are left to ./ecp rotate --ca.
  const keysOwed = owesKeys(stack.caNumbers);
  if (report.ok && !keysOwed && leftOut.servers.length === 0) settleCaNumbers(stack.stateFile, stack.caNumbers);
  for (const line of healedLines(drift, report.servers)) console.log(line);
  console.log();
  console.log(formatTable(report));
  for (const { server, state } of report.servers) if (state !== 'Normal') await printUnhealthy(server);
  if (keysOwed)
    console.log('Servers may still have the keys of before ./ecp rotate --ca: run it again, and it goes on.');
  if (report.ok) console.log(nextCommands(report));
  return exitCodeOf(report);
}

/** A paused cluster runs before it is changed: the data server first, which a plan would start together with the others. */
async function awaken(cluster: string, found: readonly ContainerFacts[]): Promise<readonly ContainerFacts[]> {
  const servers = serversAmong(found);
  if (!isPaused(servers)) return found;
  await step(
    'Resume the paused servers',
    progress => startServers(cluster, servers, progress),
    ({ ok }) => ok,
  );
  return findContainers(cluster);
}

function noteLeftOut({ silent, servers }: LeftOut): void {
  if (silent.length === 0) return;
  const rest = servers.length > 0 ? `; ./ecp up brings ${servers.join(', ')} to the settings when it does` : '';
  console.error(onStderr.yellow(`${silentInWords(silent)}: the others go on${rest}`));
}

/**
 * Makes or starts the machines of a cluster that runs in a data centre on this host.
 *
 * @returns whether there are any
 */
async function bringMachines({ cluster }: Settings, baseImage: string, asked: string | undefined): Promise<boolean> {
  const present = readDataCentre(cluster);
  if (asked === undefined && !present) return false;
  const machines = asked === undefined ? present!.machines.length : requireMachines(cluster, asked, present);
  await step(`Start ${machines} machines`, progress => makeDataCentre(cluster, { machines, baseImage }, progress));
  return true;
}

function requireMachines(cluster: string, asked: string, present: DataCentre | undefined): number {
  if (!/^[1-9]$/.test(asked))
    throw new UserError(`'--machines' must be a whole number from 1 to 9, got '${asked}'; try --machines 3`, 2);
  if (!present || present.machines.length === Number(asked)) return Number(asked);
  throw new UserError(
    `'--machines' must stay at ${present.machines.length}, the number of the cluster '${cluster}', got ${asked}; ./ecp down --volumes removes them with the data`,
    2,
  );
}

/** Two deploys as one: how the second ended, with the changes of both. */
function together({ changes: before }: ApplyResult, second: ApplyResult): ApplyResult {
  const { add, change, remove } = second.changes;
  return {
    ...second,
    changes: { add: before.add + add, change: before.change + change, remove: before.remove + remove },
  };
}

function checkRequest(): Parameters<typeof checkMachine>[0] {
  const { settings, webPorts, stackDirectory, usesRehearsalBase } = synthesize();
  const images = Object.values(readStack(stackDirectory).resource.docker_image ?? {});
  const { cluster, subnet } = settings;
  const fetched = images.flatMap(({ name, build }) => (name === undefined || build ? [] : [name]));
  return { cluster, webPorts, subnet, images: fetched, rehearsal: usesRehearsalBase, ssh: usesSsh(settings) };
}

/** Terraform waits for servers that it makes, but not for those that it restarts or delivers files to. */
function waitForNormal({ settings, startTimeoutSec, failurePatienceSec }: Synthesized): Promise<ClusterReport> {
  return step(
    'Ask every server',
    progress =>
      awaitNormal(settings.cluster, startTimeoutSec, progress, {
        isPointless: watchReports(failurePatienceSec),
        byProbes: true,
      }),
    ({ ok }) => ok,
  );
}

function nextCommands({ servers }: ClusterReport): string {
  const appServer = servers.find(({ server }) => server.role === 'app-server')?.server.container ?? '';
  const rows = [
    ['./ecp verify', 'write and read ^demo.ecp through every server'],
    [`docker exec -it ${appServer} ecp-node session`, 'a session on an application server'],
    ['./ecp logs -f', 'what the servers say'],
    ['npx cdktf diff', 'what a change of the settings would do'],
    ['./ecp down', 'remove the cluster, keep its data'],
  ];
  const width = Math.max(...rows.map(([command = '']) => command.length));
  const lines = rows.map(([command = '', what = '']) => `  ${command.padEnd(width)}  ${dim(what)}`);
  return [`\n${bold('Next')}`, ...lines].join('\n');
}
