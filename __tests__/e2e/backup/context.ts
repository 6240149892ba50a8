import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, type ProcessResult } from '../../../cli/process';
import { docker } from '../support/faults';
import { RecoveryBed } from '../support/recovery-bed';
import { ecp, ecpOk, testCluster, type TestCluster } from '../support/test-cluster';

const SECRETS = mkdtempSync(join(tmpdir(), 'ecp-backup-secrets-'));

/** A file that a setting names. */
export function secretFile(name: string, text: string): string {
  writeFileSync(join(SECRETS, name), text, { mode: 0o600 });
  return join(SECRETS, name);
}

export const NAME = 'ecp-backup-test';
export const REPOSITORY = `${NAME}-repository`;
export const CLONE = 'ecp-backup-clone';

/** Backups are taken when a test asks: the schedule's minute never comes. */
export const cluster = testCluster(NAME, 53, {
  ECP_BACKUP_REPOSITORY: `volume:${REPOSITORY}`,
  ECP_BACKUP_PASSWORD_FILE: secretFile('password', 'a password for tests\n'),
  ECP_BACKUP_SCHEDULE: '0 0 31 2 *',
});
export const bed = new RecoveryBed(cluster);

/** The same cluster under other settings. */
export function withSettings(settings: Readonly<Record<string, string>>): TestCluster {
  return { ...cluster, environment: { ...cluster.environment, ...settings } };
}

/** Takes a backup. @returns its id */
export async function takeBackup(of = cluster): Promise<string> {
  const output = await ecpOk(of, ['backup']);
  const [id] = /\d{8}T\d{6}Z/.exec(output) ?? [];
  if (id === undefined) throw new Error(`no backup: ${output}`);
  return id;
}

/** The sentence of a command that must fail. */
export async function refused(args: readonly string[], of = cluster): Promise<string> {
  const { code, stdout, stderr } = await ecp(of, args);
  if (code === 0) throw new Error(`./ecp ${args.join(' ')} did not fail: ${stdout}`);
  return stderr;
}

/** Restores into the clone's volume and lists a global there with the engine itself, without a server. */
export async function restoredListing(args: readonly string[], global: string): Promise<string> {
  await run('docker', ['volume', 'rm', '--force', `${CLONE}-data`]);
  await ecpOk(cluster, ['restore', ...args, '--into', CLONE, '--yes']);
  return listVolume(`${CLONE}-data`, global);
}

async function listVolume(volume: string, global: string): Promise<string> {
  const image = await docker(['inspect', '--format', '{{.Image}}', `${NAME}-data-server`]);
  const script = `set -Eeuo pipefail; . /opt/ecp/lib/common.sh; . /opt/ecp/lib/region.sh
    define_region "$(find /durable -name GTM.DAT ! -path '*/.aside*')"
    mupip=$gtm_dist/mupip; "$mupip" extract -format=zwr -select='${global.replace('.', 'ZD')}' -stdout 2>/dev/null | tail -n +3`;
  const mounts = ['--mount', `type=volume,source=${volume},target=/durable`, '--tmpfs', '/run/ecp:uid=51773,mode=0700'];
  const options = ['--rm', '--network', 'none', ...mounts, '--entrypoint', 'bash'];
  return (await docker(['run', ...options, image, '-c', script])).replaceAll('ZD', '.');
}

/** Runs a shell script on the repository's volume. */
export async function inRepository(script: string): Promise<string> {
  const image = await docker(['inspect', '--format', '{{.Image}}', `${NAME}-backup`]);
  const mount = `type=volume,source=${REPOSITORY},target=/repository`;
  const options = ['--rm', '--network', 'none', '--mount', mount, '--entrypoint', 'bash'];
  return docker(['run', ...options, image, '-Eeuo', 'pipefail', '-c', script]);
}

/** Runs `ecp-backup` in its container. */
export function ecpBackup(...args: readonly string[]): Promise<ProcessResult> {
  return run('docker', ['exec', `${NAME}-backup`, 'ecp-backup', ...args], { timeoutSec: 100 });
}

/** Everything that a cluster's removal leaves on purpose. */
export async function removeAll(): Promise<void> {
  await bed.remove();
  const volumes = [REPOSITORY, `${NAME}-backup`, `${CLONE}-data`, `${NAME}-kept`];
  await run('docker', ['volume', 'rm', '--force', ...volumes]);
  rmSync(SECRETS, { recursive: true, force: true });
}
