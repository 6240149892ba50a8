import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, type ProcessResult } from '../../../cli/process';
import { docker, sleep } from '../support/faults';
import { RecoveryBed } from '../support/recovery-bed';
import { ecp, ecpOk, eventually, testCluster, type TestCluster } from '../support/test-cluster';

const SECRETS = mkdtempSync(join(tmpdir(), 'ecp-backup-secrets-'));

/** A file that a setting names. */
export function secretFile(name: string, text: string): string {
  writeFileSync(join(SECRETS, name), text, { mode: 0o600 });
  return join(SECRETS, name);
}

export function removeSecrets(): void {
  rmSync(SECRETS, { recursive: true, force: true });
}

/** A live cluster that takes backups when a test asks, and what is left of it at the end. */
export class BackupBed extends RecoveryBed {
  public readonly backup: string;
  public readonly dataServer: string;
  public readonly repository: string;
  public readonly clone: string;

  public constructor(name: string, slot: number, appServers = 2, settings: Readonly<Record<string, string>> = {}) {
    super(
      testCluster(name, slot, {
        ECP_APP_SERVERS: String(appServers),
        ECP_BACKUP_REPOSITORY: `volume:${name}-repository`,
        ECP_BACKUP_PASSWORD_FILE: secretFile('password', 'a password for tests\n'),
        // A minute that never comes.
        ECP_BACKUP_SCHEDULE: '0 0 31 2 *',
        ...settings,
      }),
      {},
      Array.from({ length: appServers }, (_, index) => `app-server-${index + 1}`),
    );
    this.backup = `${name}-backup`;
    this.dataServer = `${name}-data-server`;
    this.repository = `${name}-repository`;
    this.clone = `${name}-clone`;
  }

  /** The same cluster under other settings. */
  public withSettings(settings: Readonly<Record<string, string>>): TestCluster {
    return { ...this.cluster, environment: { ...this.cluster.environment, ...settings } };
  }

  public ecp = (...args: readonly string[]): Promise<string> => ecpOk(this.cluster, args);

  /** Takes a backup. @returns its id */
  public async takeBackup(of = this.cluster): Promise<string> {
    const output = await ecpOk(of, ['backup']);
    const [id] = /\d{8}T\d{6}Z/.exec(output) ?? [];
    if (id === undefined) throw new Error(`no backup: ${output}`);
    return id;
  }

  public async write(reference: string, value: string): Promise<void> {
    await ecpOk(this.cluster, ['exec', 'app-server-1', 'set', reference], value);
    await this.ecp('exec', 'app-server-1', 'sync');
  }

  /** The sentence of a command that must fail. */
  public async refused(args: readonly string[], of = this.cluster): Promise<string> {
    const { code, stdout, stderr } = await ecp(of, args);
    if (code === 0) throw new Error(`./ecp ${args.join(' ')} did not fail: ${stdout}`);
    return stderr;
  }

  public async allNormal(): Promise<void> {
    await eventually('all servers Normal', 60, async () =>
      (await Promise.all(this.servers.map(server => this.status(server)))).every(({ state }) => state === 'Normal')
        ? true
        : undefined,
    );
  }

  /** Restores into a volume of its own and lists a global there with the engine itself, without a server. */
  public async restoredListing(args: readonly string[], global: string): Promise<string> {
    const volume = `${this.clone}-data`;
    await run('docker', ['volume', 'rm', '--force', volume]);
    await this.ecp('restore', ...args, '--into', this.clone, '--yes');
    const image = await docker(['inspect', '--format', '{{.Image}}', this.dataServer]);
    const script = `set -Eeuo pipefail; . /opt/ecp/lib/common.sh; . /opt/ecp/lib/region.sh
      define_region "$(find /durable -name GTM.DAT ! -path '*/.aside*')"
      "$gtm_dist/mupip" extract -format=zwr -select='${global.replace('.', 'ZD')}' -stdout 2>/dev/null | tail -n +3`;
    const mounts = [
      '--mount',
      `type=volume,source=${volume},target=/durable`,
      '--tmpfs',
      '/run/ecp:uid=51773,mode=0700',
    ];
    const options = ['--rm', '--network', 'none', ...mounts, '--entrypoint', 'bash'];
    return (await docker(['run', ...options, image, '-c', script])).replaceAll('ZD', '.');
  }

  /** Runs a shell script on the data server's volume, as its user. */
  public async inDataVolume(script: string): Promise<string> {
    const image = await docker(['inspect', '--format', '{{.Image}}', this.dataServer]);
    const mount = `type=volume,source=${this.cluster.name}-data,target=/durable`;
    const options = ['--rm', '--network', 'none', '--mount', mount, '--entrypoint', 'bash'];
    return docker(['run', ...options, image, '-Eeuo', 'pipefail', '-c', script]);
  }

  /** Runs a shell script on the repository's volume. */
  public async inRepository(script: string): Promise<string> {
    const image = await docker(['inspect', '--format', '{{.Image}}', this.backup]);
    const mount = `type=volume,source=${this.repository},target=/repository`;
    const options = ['--rm', '--network', 'none', '--mount', mount, '--entrypoint', 'bash'];
    return docker(['run', ...options, image, '-Eeuo', 'pipefail', '-c', script]);
  }

  /** Runs `ecp-backup` in its container. */
  public ecpBackup(...args: readonly string[]): Promise<ProcessResult> {
    return run('docker', ['exec', this.backup, 'ecp-backup', ...args], { timeoutSec: 100 });
  }

  /** Everything, also what a removal leaves on purpose. */
  public async removeAll(): Promise<void> {
    await this.remove();
    await run('docker', ['volume', 'rm', '--force', this.repository, this.backup, `${this.clone}-data`]);
    removeSecrets();
  }
}

/** A whole second that is surely after what was written, and before what is written next. */
export async function betweenWrites(): Promise<string> {
  await sleep(1.1);
  const at = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  await sleep(1.1);
  return at;
}
