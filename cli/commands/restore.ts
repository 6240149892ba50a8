import { loadSettings } from '../../app/settings';
import { dataVolumeName, nameFault } from '../../contract/names';
import { docker } from '../access/docker';
import { placesOf } from '../access/endpoints';
import { findServers } from '../access/servers';
import { requireBackupId } from '../backup/backups';
import { restoreInPlace, restoreInto } from '../backup/restore-backup';
import { typesName } from '../machine/consent';
import { UserError, green } from '../terminal';

/** Options of `./ecp restore`. */
export interface RestoreOptions {
  readonly cluster?: string;
  readonly ids: readonly string[];
  /** Point in time. */
  readonly to?: string;
  /** Name of another cluster, which gets the data. */
  readonly into?: string;
  readonly assumeYes: boolean;
}

/** Replaces the cluster's data with a backup, or fills the data volume of a new cluster with it. */
export async function restore({ ids, to, into, assumeYes, ...options }: RestoreOptions): Promise<number> {
  const cluster = options.cluster ?? loadSettings(process.env).cluster;
  if (ids.length > 1) throw new UserError(`'restore' takes one backup, got ${ids.join(', ')}; choose one`, 2);
  const id = ids[0] === undefined ? 'newest' : requireBackupId(ids[0]);
  const request = { cluster, id, to: to === undefined ? undefined : wholeSecond(to) };
  if (into !== undefined) {
    await requireFree(into, cluster);
    await restoreInto(request, into);
    console.log(green(`The data is in the volume ${dataVolumeName(into)}.`));
    console.log(`ECP_CLUSTER=${into} ./ecp up starts a cluster on it; beside this one it needs other web ports.`);
    return 0;
  }
  if (!(await consent(cluster, assumeYes))) {
    console.log('Nothing was changed.');
    return 1;
  }
  await restoreInPlace(request);
  console.log(green(`The cluster '${cluster}' has the data of the backup, and every server is Normal.`));
  return 0;
}

/** Journals know whole seconds. */
function wholeSecond(text: string): string {
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : NaN;
  if (!Number.isNaN(at)) return new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
  throw new UserError(
    `'--to' must be a time with its zone, such as 2026-01-31T12:00:00Z, got '${text}'; correct it`,
    2,
  );
}

async function requireFree(into: string, cluster: string): Promise<void> {
  const fault = nameFault('--into', into);
  if (fault !== undefined) throw new UserError(fault, 2);
  if (placesOf(cluster).isSwarm)
    throw new UserError(
      `'--into' must be left out on a swarm, of which a node keeps the data of one cluster, got '${into}'; leave it out, or try the backup out by ./ecp backup --verify`,
      2,
    );
  if (into === cluster)
    throw new UserError(`'--into' must be another cluster than '${cluster}'; leave it out to restore in place`, 2);
  const servers = await findServers(into);
  const volumes = (await docker(['volume', 'ls', '--format', '{{.Name}}'])).split('\n');
  if (servers.length === 0 && !volumes.includes(dataVolumeName(into))) return;
  throw new UserError(
    `'--into' must be a cluster without data, got '${into}', which has the volume ${dataVolumeName(into)}; choose another name`,
    2,
  );
}

async function consent(cluster: string, assumeYes: boolean): Promise<boolean> {
  if (assumeYes) return true;
  if (!process.stdin.isTTY)
    throw new UserError(`'restore' replaces the data of '${cluster}', and there is no terminal to ask on; add --yes`);
  return typesName(`Replace all data of the cluster ${cluster}?`, cluster);
}
