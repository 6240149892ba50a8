import type { Synthesized } from '../../app/synthesize';
import { placesOf } from '../access/endpoints';
import { versionsOf } from '../access/server-version';
import { findServers, type Server } from '../access/servers';
import { awaitServersNormal } from '../await-servers';
import { formatExplanation, printExplanations, printUnhealthy } from '../failures/explain';
import { watchReports } from '../failures/start-watch';
import { lookAtSwarm } from '../swarm/swarm-look';
import { awaitUpdates, earlierUpdates, failedUpdate } from '../swarm/updates';
import { step, UserError, type Progress } from '../terminal';
import { applyWithSecondTry } from '../terraform/second-apply';
import type { ApplyOptions, ApplyResult, Workspace } from '../terraform/terraform';
import { inWords } from '../views/names';
import type { AffectedServer } from './affected-servers';
import type { RollHook } from './roll-hooks';
import { withSingleServers } from './single-servers';

/** A roll, ready to be carried out. */
export interface Roll {
  readonly workspace: Workspace;
  readonly stack: Synthesized;
  /** In their order. */
  readonly servers: readonly AffectedServer[];
  /** Names of servers that were Normal before it, and have to be after each step. */
  readonly normal: readonly string[];
  readonly hooks: readonly RollHook[];
  /** Of each step's apply. */
  readonly how: Pick<ApplyOptions, 'isPointless' | 'nodes' | 'replace'>;
}

/** How a roll ended. */
export interface Rolled {
  /** Exit code: 0, 1 when a server is not Normal, 130 when it was interrupted. */
  readonly code: number;
  readonly changes: ApplyResult['changes'];
}

const NO_CHANGES: ApplyResult['changes'] = { add: 0, change: 0, remove: 0 };

/** Replaces servers one at a time, each Normal before the next; the first that is not is the last. */
export async function roll({ servers, ...rest }: Roll): Promise<Rolled> {
  const { cluster } = rest.stack.settings;
  const interrupt = new AbortController();
  const stop = (): void => interrupt.abort();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  let changes = NO_CHANGES;
  try {
    for (const [index, server] of servers.entries()) {
      const title = `Roll ${server.name} (${index + 1} of ${servers.length})`;
      const ended = await rollOne(server, title, rest, interrupt.signal);
      changes = sumOf(changes, ended.changes);
      const isLast = index === servers.length - 1;
      const code = ended.code === 0 && interrupt.signal.aborted && !isLast ? 130 : ended.code;
      if (code === 0) continue;
      const done = servers.slice(0, ended.code === 0 ? index + 1 : index);
      await printWhereItStopped(cluster, servers, done, ended.code === 0 ? undefined : server, code);
      return { code, changes };
    }
    return { code: 0, changes };
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, stop);
  }
}

async function rollOne(
  server: AffectedServer,
  title: string,
  { hooks, ...rest }: Omit<Roll, 'servers'>,
  interrupt: AbortSignal,
): Promise<Rolled> {
  const begun: RollHook[] = [];
  try {
    for (const hook of hooks) {
      begun.push(hook);
      await hook.before?.(server.name);
    }
    return await replaceOne(server, title, rest, interrupt);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(formatExplanation({ where: server.name, what: error.message, logs: [], remedy: 'see above' }));
    return { code: 1, changes: NO_CHANGES };
  } finally {
    for (const hook of begun.reverse()) await hook.after?.(server.name);
  }
}

async function replaceOne(
  server: AffectedServer,
  title: string,
  { workspace, stack, normal, how }: Omit<Roll, 'servers' | 'hooks'>,
  interrupt: AbortSignal,
): Promise<Rolled> {
  const { cluster } = stack.settings;
  const { isSwarm } = placesOf(cluster);
  const updates = isSwarm ? earlierUpdates(await lookAtSwarm(cluster)) : undefined;
  const before = (await findServers(cluster)).find(({ name }) => name === server.name);
  const isAsBefore = ({ facts }: Server): boolean => !isSwarm && facts.Id === before?.facts.Id;
  const options = { ...how, targets: server.addresses };
  let problem: () => Promise<void> = () => Promise.resolve();
  let result: ApplyResult | undefined;
  const work = async (progress: Progress): Promise<number> => {
    const applied = await withSingleServers(stack.stackDirectory, () =>
      applyWithSecondTry(workspace, { ...options, progress }),
    );
    result = applied;
    if (applied.interrupted) return 130;
    if (!applied.ok) {
      problem = () => printExplanations(applied.diagnostics, stack.stackDirectory, cluster, applied.gaveUpOn);
      return 1;
    }
    if (updates) {
      const failed = await awaitUpdates(cluster, updates, stack.startTimeoutSec, progress);
      problem = () => Promise.resolve(failed.forEach(service => console.error(failedUpdate(service))));
      if (failed.length > 0) return 1;
    }
    const { waiting, absent } = await awaitServersNormal(cluster, [...new Set([...normal, server.name])], {
      timeoutSec: stack.startTimeoutSec,
      progress,
      isPointless: watchReports(stack.failurePatienceSec),
      isAsBefore: each => each.name === server.name && isAsBefore(each),
      interrupt: how.nodes ? AbortSignal.any([interrupt, how.nodes.lost]) : interrupt,
    });
    const lost = how.nodes?.words();
    if (lost !== undefined) {
      const diagnostic = { severity: 'error', summary: lost, detail: '' } as const;
      problem = () => printExplanations([diagnostic], stack.stackDirectory, cluster);
      return 1;
    }
    if (waiting.length + absent.length === 0) return 0;
    if (interrupt.aborted) return 130;
    problem = async () => {
      for (const each of waiting) await printUnhealthy(each.server);
      for (const name of absent) console.error(`${name} is not there`);
    };
    return 1;
  };
  const code = await step(title, work, ended => ended === 0);
  await problem();
  return { code, changes: result?.changes ?? NO_CHANGES };
}

/** What a person needs to know of a cluster that a roll has left in between. */
async function printWhereItStopped(
  cluster: string,
  servers: readonly AffectedServer[],
  done: readonly AffectedServer[],
  at: AffectedServer | undefined,
  code: number,
): Promise<void> {
  const names = (list: readonly AffectedServer[]): string => inWords(list.map(({ name }) => name)) || 'none';
  const left = servers.filter(each => !done.includes(each) && each !== at);
  console.error(
    `${code === 130 ? 'Interrupted' : 'The roll has stopped'}: changed ${names(done)}${at ? `; ended in ${at.name}` : ''}; as before ${names(left)}.`,
  );
  const versions = versionsOf(await findServers(cluster).catch(() => []));
  if (versions.length > 1)
    for (const { version, servers: on } of versions) console.error(`  ${version}: ${inWords(on)}`);
  console.error('./ecp up goes on from here; with the settings as they were it goes back.');
  if (at?.role === 'app-server' && left.some(({ role }) => role === 'data-server'))
    console.error(
      `If ${at.name} needs what the data server is to get: ECP_UPGRADE_ORDER=data-server-first ./ecp up, or ./ecp up --at-once.`,
    );
}

/** The changes of two applies. */
export function sumOf(a: ApplyResult['changes'], b: ApplyResult['changes']): ApplyResult['changes'] {
  return { add: a.add + b.add, change: a.change + b.change, remove: a.remove + b.remove };
}
