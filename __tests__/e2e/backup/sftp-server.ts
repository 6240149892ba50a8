import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFacts } from '../../../app/machine-facts';
import { run } from '../../../cli/process';
import { docker } from '../support/faults';
import { dockerOk, eventually, must } from '../support/test-cluster';

/** A real SFTP server on a cluster's network. */
export class SftpServer {
  private readonly folder = mkdtempSync(join(tmpdir(), 'ecp-sftp-'));

  public constructor(
    private readonly name: string,
    private readonly network: string,
  ) {}

  private get image(): string {
    return `${this.name}:test`;
  }

  /** File with the private key that it takes. */
  public get keyFile(): string {
    return join(this.folder, 'key');
  }

  public async start(): Promise<void> {
    must(await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', this.keyFile]), 'ssh-keygen');
    cpSync(join(__dirname, '..', 'fixtures', 'sftp-server'), this.folder, { recursive: true });
    cpSync(`${this.keyFile}.pub`, join(this.folder, 'authorized_keys'));
    const base = readFacts().rehearsalBaseImage ?? 'debian:bookworm-slim';
    await dockerOk('build', '--quiet', '--build-arg', `BASE_IMAGE=${base}`, '--tag', this.image, this.folder);
    await dockerOk('run', '--detach', '--name', this.name, '--network', this.network, this.image);
    await eventually('sshd listens', 20, async () =>
      (await run('docker', ['logs', this.name])).stderr.includes('Server listening') ? true : undefined,
    );
  }

  /** Its key, as ssh-keyscan prints it. */
  public async hostKey(): Promise<string> {
    return `${this.name} ${await docker(['exec', this.name, 'cat', '/etc/ssh/ssh_host_ed25519_key.pub'])}\n`;
  }

  /** The key that clients show. */
  public get clientKey(): string {
    return readFileSync(`${this.keyFile}.pub`, 'utf8');
  }

  public async remove(): Promise<void> {
    await run('docker', ['rm', '--force', '--volumes', this.name]);
    await run('docker', ['image', 'rm', '--force', this.image]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
