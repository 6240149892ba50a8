import { setTimeout } from 'node:timers/promises';
import { couldNot, runNode } from './access/node';
import type { ServerReport } from './access/server-report';
import { reportCluster } from './cluster-report';
import { hasActiveBackup, membersOf, primaryOf, type MemberReport } from './mirror';
import { UserError, type Progress } from './terminal';

const POLL_MS = 250;

/** A member on a busy host may miss a question. */
const GRACE_SEC = 3;
/** Longer than a member takes that has to join first. */
const JOIN_SEC = 120;
/** InterSystems IRIS takes as long as this at most. */
const STEP_DOWN_SEC = 300;
/** Longer than the other member takes to serve once the primary has stepped down. */
const SERVE_SEC = 60;
/** Exit code of a member whose backup is slow at the moment. */
const NOT_NOW = 3;
/** How long it is asked again then. */
const SLOW_SEC = 30;

/** How a switch-over went. */
export interface SwitchedOver {
  readonly mirror: string;
  readonly from: string;
  readonly to: string;
  /** Seconds from the order to the new primary that serves. */
  readonly seconds: number;
}

/** How long it may take, and where to. */
interface SwitchOverOptions {
  /** Seconds that the backup has to become active. @default 0 */
  readonly waitSec?: number;
  /** Seconds for which a backup is waited for that is slow to confirm. @default 30 */
  readonly slowSec?: number;
  /** The member that is to be the primary; nothing is changed when it is. @default - the other one */
  readonly wanted?: string;
}

/**
 * Makes the other member of a cluster's mirror the primary, when it has all that was acknowledged.
 *
 * @throws UserError when there is none, or when it does not become the primary
 */
export async function switchOver(
  cluster: string,
  progress: Progress,
  { waitSec = 0, slowSec = SLOW_SEC, wanted }: SwitchOverOptions = {},
): Promise<SwitchedOver> {
  const primary = await awaitActive(cluster, waitSec, progress);
  const { name: from } = primary.server;
  if (from === wanted) return { mirror: primary.mirror.name, from, to: from, seconds: 0 };
  const began = Date.now();
  progress(`${from} steps down`);
  const args = ['step-down'];
  const result = await runNode(primary.server, args, '', STEP_DOWN_SEC);
  if (result.code === NOT_NOW && slowSec > 0) {
    progress(`${from} goes on: its backup is slow`);
    await setTimeout(POLL_MS);
    const left = slowSec - (Date.now() - began) / 1000;
    return switchOver(cluster, progress, { waitSec: Math.max(left, waitSec), slowSec: left, wanted });
  }
  if (result.code === 2 && /usage/.test(result.stderr))
    throw new UserError(
      `'switch-over' needs members whose image is of this release or a later one; run ./ecp up first`,
      2,
    );
  if (result.code !== 0) throw new UserError(couldNot(primary.server, args, result));
  const to = await awaitOther(cluster, from, progress);
  return { mirror: primary.mirror.name, from, to, seconds: Math.round((Date.now() - began) / 100) / 10 };
}

/** The primary, once its backup is active. */
async function awaitActive(cluster: string, waitSec: number, progress: Progress): Promise<MemberReport> {
  const end = Date.now() + waitSec * 1000;
  const grace = Date.now() + Math.max(waitSec, GRACE_SEC) * 1000;
  for (;;) {
    const { servers } = await reportCluster(cluster);
    const primary = requirePrimary(cluster, servers, Date.now() < grace);
    if (primary && hasActiveBackup(servers)) return primary;
    if (Date.now() >= end && primary?.mirror.backup === 'active')
      throw new UserError(
        `${primary.server.name} must be Normal before the other member becomes the primary, and it is ${primary.state}: nothing was changed; ./ecp status shows why`,
      );
    if (Date.now() >= end && primary)
      throw new UserError(
        `the backup of ${primary.server.name} must be active before it becomes the primary, and it is ${primary.mirror.backup || 'not known'}: nothing was changed; ./ecp status shows why`,
      );
    progress(primary ? `the backup is ${primary.mirror.backup}` : 'no primary');
    await setTimeout(POLL_MS);
  }
}

function requirePrimary(cluster: string, servers: readonly ServerReport[], mayWait: boolean): MemberReport | undefined {
  const primary = primaryOf(servers);
  const isMirror = servers.filter(({ server }) => server.role === 'data-server').length > 1;
  if (primary || (mayWait && isMirror)) return primary;
  throw new UserError(
    membersOf(servers).length === 0
      ? `the cluster '${cluster}' has no mirror, or no member of it answers; 'mirror' in cdktf.json or ECP_MIRROR makes one`
      : `the mirror of '${cluster}' has no primary that could step down; ./ecp status shows what its members wait for`,
    2,
  );
}

async function awaitOther(cluster: string, from: string, progress: Progress): Promise<string> {
  const end = Date.now() + SERVE_SEC * 1000;
  for (;;) {
    const { servers } = await reportCluster(cluster);
    const primary = primaryOf(servers);
    if (primary && primary.server.name !== from && primary.state === 'Normal') return primary.server.name;
    if (Date.now() > end)
      throw new UserError(
        `the other member did not become the primary within ${SERVE_SEC} s; ./ecp status shows what it waits for`,
      );
    progress(
      membersOf(servers)
        .map(({ server, mirror, state }) => `${server.name} ${mirror.role} ${state}`)
        .join(', '),
    );
    await setTimeout(POLL_MS);
  }
}

/** Seconds that a roll lets a member that was replaced catch up. */
export const ROLL_JOIN_SEC = JOIN_SEC;
