import type { Settings } from '../../app/settings';
import type { ServerReport } from '../access/server-report';
import { hasStopped } from '../access/paused';
import { UserError } from '../terminal';
import type { Upgrade } from './upgrade';

/** InterSystems' own sentences on the order, which contradict each other. */
const ORDER_TEXTS =
  'InterSystems says "application servers should be upgraded before the data servers" (upgrade guide), "none of the application servers are of a later version than the data server" (scalability guide 3.1) and "backward and forward compatible" (supported platforms)';

/** @throws UserError when servers of IRIS would change their version one after the other and nobody has said in which order. */
export function requireOrder(upgrades: readonly Upgrade[], { upgradeOrder }: Settings): void {
  const upgrade = upgrades.find(({ changesIris }) => changesIris);
  if (!upgrade || upgradeOrder !== undefined) return;
  const { from = 'an unknown one', to = 'an unknown one' } = upgrade;
  throw new UserError(
    `'upgradeOrder' must be set for a change of the version of InterSystems IRIS (from ${from} to ${to}), got none: ${ORDER_TEXTS}; set ECP_UPGRADE_ORDER=app-servers-first or data-server-first, or add --at-once, which stops all servers; no server was touched`,
    2,
  );
}

/**
 * A version that goes back may find a server that the newer one could not start.
 *
 * @throws UserError when a newer version of IRIS would take over data that were not left in order: it refuses to start on them.
 */
export function requireCleanStop(upgrades: readonly Upgrade[], reports: readonly ServerReport[]): void {
  for (const { server, changesIris, from, to } of upgrades) {
    if (!changesIris || server.role !== 'data-server' || isOlder(to, from)) continue;
    const { facts, container, name } = server;
    const state = reports.find(each => each.server.name === name)?.state;
    if (state === 'Normal' || hasStopped(facts.State)) continue;
    const what = facts.State.Running ? `it is ${state}` : `it ended with code ${facts.State.ExitCode}`;
    throw new UserError(
      `'${name}' must be Normal, or have ended cleanly, before a newer version of InterSystems IRIS takes over its data, and ${what}: docker start ${container} runs the old one, which repairs them; wait until ./ecp status shows it Normal, and run ./ecp up again; no server was touched`,
    );
  }
}

/** Whether a release is known to be older than another. */
function isOlder(release: string | undefined, than: string | undefined): boolean {
  if (release === undefined || than === undefined) return false;
  return release.localeCompare(than, 'en', { numeric: true }) < 0;
}

/** Hours that the newest backup may be old when another image takes over the data. */
const DEFAULT_BACKUP_AGE_HOURS = 24;

/** @throws UserError when another image takes over the data of a cluster that has backups, and none of them is young. */
export function requireBackup(
  upgrades: readonly Upgrade[],
  reports: readonly ServerReport[],
  hasBackups: boolean,
  { upgradeBackupAgeHours: most = DEFAULT_BACKUP_AGE_HOURS }: Settings,
  now = Date.now(),
): void {
  if (most < 1)
    throw new UserError(`'upgradeBackupAgeHours' must be a number of hours of 1 or more, got ${most}; correct it`, 2);
  if (!hasBackups || !upgrades.some(({ server }) => server.role === 'data-server')) return;
  const backup = reports.find(({ server, status }) => server.role === 'data-server' && status?.backup)?.status?.backup;
  const age = backup?.at ? now - Date.parse(backup.at) : NaN;
  if (age <= most * 3_600_000) return;
  const got = Number.isNaN(age) ? 'none that is known' : `one of ${Math.floor(age / 3_600_000)} h (${backup!.id})`;
  throw new UserError(
    `a backup of the last ${most} h must be there before another image takes over the data, got ${got}: ./ecp backup takes one, --no-backup goes without, and ECP_UPGRADE_BACKUP_AGE_HOURS sets the age; no server was touched`,
  );
}
