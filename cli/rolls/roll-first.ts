import { isAsWanted } from '../access/fenced';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { dataServerNames } from '../../app/mirror';
import type { Settings } from '../../app/settings';
import type { Synthesized } from '../../app/synthesize';
import type { FoundContainers } from '../access/found-containers';
import { stopContainer } from '../access/container';
import type { ServerReport } from '../access/server-report';
import { serversAmong } from '../access/servers';
import { backupContainerAmong } from '../backup/backup-container';
import { reportCluster } from '../cluster-report';
import { primaryOf } from '../mirror';
import { bold, dim, step } from '../terminal';
import { plan, type Plan } from '../terraform/plan';
import type { ApplyOptions, ApplyResult, Workspace } from '../terraform/terraform';
import { inWords } from '../views/names';
import { affectedServers, type Affected } from './affected-servers';
import { requireBackup, requireCleanStop, requireOrder } from './guards';
import { inOrder, rollLines, usualOrder } from './roll-order';
import { roll } from './roll';
import { stopCleanly, switchOverBefore, type RollHook } from './roll-hooks';
import { upgradesIn, type Upgrade } from './upgrade';

/** What `./ecp up` was told about changes of several servers. */
export interface RollOptions {
  /** Replaces all servers together. @default false */
  readonly atOnce?: boolean;
  /** Replaces the data server without a young backup. @default false */
  readonly withoutBackup?: boolean;
}

/** A deploy that may begin with a roll. */
export interface RollRequest extends RollOptions {
  readonly workspace: Workspace;
  readonly stack: Synthesized;
  readonly found: FoundContainers;
  /** What goes on around each step, such as a drain of the server. @default - nothing */
  readonly hooks?: readonly RollHook[];
  /** Of the whole deploy. */
  readonly how: Pick<ApplyOptions, 'isPointless' | 'nodes' | 'targets'>;
  /** Addresses to replace; where that is still looked for, the plan is made meanwhile, and again when there are any. */
  readonly replace: readonly string[] | Promise<readonly string[]>;
}

/** A roll that went well, or a plan that needs none. */
export interface RolledFirst {
  /** What it changed; nothing when there was no roll. */
  readonly changes: ApplyResult['changes'];
  /** Addresses that it replaced. */
  readonly replaced: readonly string[];
  /** What is left to do, when nothing was done. */
  readonly planned?: { readonly file: string; readonly total: number };
  /** True when nothing is left to do. @default false */
  readonly isEmpty?: boolean;
}

/** A plan holds private keys; the folder is its owner's alone, and the file goes when the deploy ends. */
const PLAN_FILE = 'up.plan';

const NOTHING: RolledFirst = { changes: { add: 0, change: 0, remove: 0 }, replaced: [] };

/**
 * Plans, and where the plan would replace several servers of a cluster, replaces them one at a time; what else the plan has is left to the
 * deploy.
 *
 * @returns the exit code when a server did not become Normal, which is explained on standard error then
 * @throws UserError when the change asks for something first; no server was touched.
 */
export async function rollFirst(request: RollRequest): Promise<RolledFirst | number> {
  const { workspace, stack, how, replace } = request;
  const file = join(workspace.directory, PLAN_FILE);
  const planWith = (addresses: readonly string[]): Promise<Plan> =>
    plan(workspace, file, {
      ...how,
      replace: addresses,
      onInterrupt: 'no server was changed. ./ecp up goes on from there.',
    });
  const planAll = async (): Promise<Plan> => {
    if (!(replace instanceof Promise)) return planWith(replace);
    const [first, found] = await Promise.all([planWith([]), replace]);
    return found.length === 0 || first.interrupted ? first : planWith(found);
  };
  const planned = await step('Plan', planAll, isOk);
  if (planned.interrupted) return 130;
  // A delivery that failed earlier stops it; the deploy knows what to do, and explains the rest.
  if (!planned.ok) return NOTHING;
  const affected = affectedServers(planned.changes, stack);
  const replaced = planned.changes.filter(({ action }) => action === 'replace').length;
  const asPlanned: RolledFirst = {
    ...NOTHING,
    isEmpty: planned.isEmpty,
    planned: { file, total: planned.changes.length + replaced },
  };
  if (!affected.servers.some(({ isReplaced }) => isReplaced)) return asPlanned;
  return (await rollPlanned(request, affected)) ?? asPlanned;
}

const isOk = ({ ok }: Plan): boolean => ok;

/** Removes the plan of a deploy that has ended. */
export function removePlan({ directory }: Workspace): void {
  rmSync(join(directory, PLAN_FILE), { force: true });
}

/** @returns undefined when the servers go together */
async function rollPlanned(request: RollRequest, affected: Affected): Promise<RolledFirst | number | undefined> {
  const { workspace, stack, found, how, hooks = [], atOnce = false, withoutBackup = false } = request;
  const { settings } = stack;
  const { cluster } = settings;
  const { servers: reports } = await reportCluster(cluster);
  const upgrades = await upgradesIn(affected.servers, serversAmong(found.containers), stack);
  requireCleanStop(upgrades, reports);
  if (!withoutBackup) requireBackup(upgrades, reports, backupContainerAmong(found.containers) !== undefined, settings);
  const others = otherDataServers(reports, settings);
  if (others !== undefined) {
    console.log(dim(`All servers go together: ${others}.`));
    await stopDataServers(reports);
    return undefined;
  }
  if (atOnce || affected.shared !== undefined) {
    if (affected.shared !== undefined && affected.servers.length > 1)
      console.log(dim(`All servers go together: ${affected.shared} is replaced, which they share.`));
    return undefined;
  }
  requireOrder(upgrades, settings);
  if (affected.servers.length < 2 && !changesIris(upgrades)) return undefined;

  const normal = reports.filter(({ state }) => isAsWanted(state)).map(({ server }) => server.name);
  const isNormal = (name: string): boolean => normal.includes(name);
  const primary = primaryOf(reports)?.server.name;
  const servers = inOrder(affected.servers, settings.upgradeOrder ?? usualOrder(reports), isNormal, primary);
  console.log(bold(`Rolling change: ${servers.length} servers, one at a time, each Normal before the next`));
  for (const line of rollLines(servers, isNormal, primary)) console.log(line);
  console.log(dim('./ecp up --at-once replaces them together.'));
  const own = servers.flatMap(({ addresses }) => addresses);
  const { code, changes } = await roll({
    workspace,
    stack,
    servers,
    normal,
    hooks: [...hooks, ...(primary === undefined ? [] : [switchOverBefore(cluster)]), stopCleanly(cluster, upgrades)],
    how,
  });
  return code === 0 ? { changes, replaced: own } : code;
}

/** Application servers of before and of after have different data servers: none would become Normal beside the others. */
function otherDataServers(reports: readonly ServerReport[], settings: Settings): string | undefined {
  const before = reports.filter(({ server }) => server.role === 'data-server').map(({ server }) => server.name);
  const after = dataServerNames(settings);
  const areSame = before.length === 0 || [...before].sort().join() === [...after].sort().join();
  return areSame ? undefined : `the data server is ${inWords(after)} from now on, and was ${inWords(before)}`;
}

/** One container at a time has a data volume: the one of before must have ended when another one takes it over. */
async function stopDataServers(reports: readonly ServerReport[]): Promise<void> {
  const running = reports.filter(({ server }) => server.role === 'data-server' && server.facts.State.Running);
  const primary = primaryOf(reports)?.server.name;
  const stop = async (which: readonly ServerReport[]): Promise<void> => {
    await Promise.all(which.map(({ server }) => stopContainer(server.facts)));
  };
  await step('Stop the data servers of before', async () => {
    await stop(running.filter(({ server }) => server.name !== primary));
    await stop(running.filter(({ server }) => server.name === primary));
  });
}

function changesIris(upgrades: readonly Upgrade[]): boolean {
  return upgrades.some(each => each.changesIris);
}
