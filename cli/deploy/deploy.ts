import type { Synthesized } from '../../app/synthesize';
import { placesOf } from '../access/endpoints';
import { containersOf } from '../access/found-containers';
import type { LeftOut } from '../access/left-out';
import { partsAmong } from '../access/parts';
import { findContainers, serversAmong } from '../access/servers';
import { drainRemoved, drainSteps, undoDrains } from '../entry-point/drain';
import type { NodeWatch } from '../access/watch-nodes';
import type { Drift, FoundDrift } from '../drift/drift';
import { findDrift } from '../drift/find-drift';
import { deliveriesToRepeat, healByDocker } from '../drift/heal';
import { printExplanations } from '../failures/explain';
import { watchStarts } from '../failures/start-watch';
import { resumePaused } from '../resume';
import { sumOf } from '../rolls/roll';
import { removePlan, rollFirst, type RollOptions } from '../rolls/roll-first';
import { requireOverlay } from '../swarm/require-overlay';
import { lookAtSwarm } from '../swarm/swarm-look';
import { earlierUpdates, isUnderWay, type EarlierUpdates } from '../swarm/updates';
import { onStderr, step, visible, type Progress } from '../terminal';
import { applyWithSecondTry } from '../terraform/second-apply';
import { keepDataVolume } from '../terraform/forget-data';
import { imagesFirst } from '../terraform/images-first';
import { reachableTargets } from '../terraform/reachable';
import { awaitStateLock } from '../terraform/state-lock';
import { sweep } from '../terraform/sweep';
import { NOTHING_TO_APPLY, type ApplyOptions, type ApplyResult, type Workspace } from '../terraform/terraform';
import { driftBefore } from './drift-before';

/** A deploy that went well. */
export interface Deployment {
  readonly changes: ApplyResult['changes'];
  /** What differed from the settings before it. */
  readonly drift: readonly Drift[];
  /** Updates of services that had ended before it; undefined where none can be under way. */
  readonly updates?: EarlierUpdates;
  /** When it began, in milliseconds. */
  readonly began: number;
  /** The look at what differs, when it found nothing and the deploy changed nothing, so that it still holds. */
  readonly stillHolds?: FoundDrift;
}

/**
 * Brings images and servers to the settings, and repairs what was changed by hand.
 *
 * @returns the exit code when it did not go well, which is explained on standard error then
 */
export async function deploy(
  workspace: Workspace,
  stack: Synthesized,
  leftOut: LeftOut,
  nodes: NodeWatch,
  options: RollOptions = {},
): Promise<Deployment | number> {
  try {
    return await deployRolling(workspace, stack, { leftOut, nodes, options });
  } finally {
    removePlan(workspace);
  }
}

async function deployRolling(
  workspace: Workspace,
  stack: Synthesized,
  { leftOut, nodes, options }: { leftOut: LeftOut; nodes: NodeWatch; options: RollOptions },
): Promise<Deployment | number> {
  const { settings, stackDirectory, stateFile } = stack;
  const { cluster } = settings;
  const { isSwarm } = placesOf(cluster);
  const found = await resumePaused(cluster, await containersOf(cluster));
  const targets = reachableTargets(leftOut.silent, stack);
  const ofHosts = isSwarm ? undefined : driftBefore(cluster, found);
  // Where the images fail nobody asks for it.
  ofHosts?.catch(() => undefined);
  if (found.containers.length > 0) {
    const failed = await imagesFirst(workspace, stack, { targets, nodes });
    if (failed !== undefined) return failed;
  }
  const onHosts = await ofHosts;
  // What a running apply is making would look like a leftover.
  if (isSwarm) await awaitStateLock(stateFile);
  let swarm = isSwarm ? lookAtSwarm(cluster) : undefined;
  // Of a swarm it is only told, so other work goes on meanwhile.
  let looking = onHosts ?? driftBefore(cluster, found, swarm);
  const removed = await sweep(cluster, stateFile, swarm);
  for (const what of removed) console.log(`removed ${what}, which the state does not know`);
  if (swarm && removed.length > 0) {
    swarm = lookAtSwarm(cluster);
    looking = driftBefore(cluster, found, swarm);
  }
  if (onHosts && onHosts.drift.length > 0) await healByDocker(onHosts.drift, partsAmong(await findContainers(cluster)));

  // Going back from `destroy` to `retain` takes the volume out of the stack; without this the plan would delete the data.
  if (await keepDataVolume(workspace, stateFile, cluster))
    console.log(`kept volume ${cluster}-data, which the plan could have removed`);

  const cannotProbe = await requireOverlay(workspace, stack, { leftOut, targets, nodes });
  if (cannotProbe !== undefined) return cannotProbe;
  const services = (await swarm)?.services;
  const began = Date.now();
  const isPointless = watchStarts(stackDirectory, cluster, stack.failurePatienceSec);
  const how = { isPointless, targets, nodes };
  const toRepeat = (changed: readonly Drift[]): string[] => deliveriesToRepeat(changed, stackDirectory, cluster);
  const rolled =
    found.containers.length > 0
      ? await rollFirst({
          workspace,
          stack,
          found,
          ...options,
          hooks: [drainSteps(cluster)],
          how,
          replace: onHosts ? toRepeat(onHosts.drift) : Promise.resolve(looking).then(({ drift }) => toRepeat(drift)),
        })
      : undefined;
  if (typeof rolled === 'number') return rolled;
  const { halted, drift: before, look, failure } = await looking;
  if (failure !== undefined)
    console.error(onStderr.yellow(`what was changed by hand is not known: ${visible(failure)}`));
  const drift = [...before];
  const deployOnce = (
    progress: Progress,
    changed: readonly Drift[],
    planned?: ApplyOptions['planned'],
  ): Promise<ApplyResult> => {
    const replace = toRepeat(changed).filter(address => !rolled?.replaced.includes(address));
    return applyWithSecondTry(workspace, { ...how, progress, replace, planned });
  };
  const leaving = serversAmong(found.containers)
    .filter(({ name, role }) => role === 'app-server' && !settings.appServers.includes(name))
    .map(({ name }) => name);
  const drained: string[] = [];
  const result = await step(
    `Deploy cluster '${cluster}'`,
    async progress => {
      if (leaving.length > 0) progress(`draining ${leaving.join(', ')}`);
      drained.push(...(await drainRemoved(cluster, leaving)));
      const first = rolled?.isEmpty ? NOTHING_TO_APPLY : await deployOnce(progress, drift, rolled?.planned);
      if (!first.ok || halted.length === 0) return first;
      // Files can be looked at only in a server that runs.
      const late = (await findDrift(cluster, await containersOf(cluster))).drift.filter(({ redeliver }) => redeliver);
      drift.push(...late);
      return late.length > 0 ? together(first, await deployOnce(progress, late)) : first;
    },
    ({ ok }) => ok,
  );
  if (!result.ok) await undoDrains(cluster, drained);
  if (result.interrupted) {
    console.error('Interrupted: what was made stays. ./ecp up goes on from there, ./ecp down removes it.');
    return 130;
  }
  if (!result.ok) {
    await printExplanations(result.diagnostics, stackDirectory, cluster, result.gaveUpOn);
    return 1;
  }
  const changes = rolled ? sumOf(rolled.changes, result.changes) : result.changes;
  const isChanged = changes.add + changes.change + changes.remove > 0;
  const areUpdated = isChanged || services?.some(isUnderWay);
  const updates = services && areUpdated ? earlierUpdates({ services }) : undefined;
  return { changes, drift, updates, began, stillHolds: isChanged || drift.length > 0 ? undefined : look };
}

/** Two deploys as one: how the second ended, with the changes of both. */
function together({ changes: before }: ApplyResult, second: ApplyResult): ApplyResult {
  return { ...second, changes: sumOf(before, second.changes) };
}
