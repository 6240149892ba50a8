import { cpSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../../cli/process';
import { docker } from '../support/faults';
import { eventually, must } from '../support/test-cluster';
import { secretFile } from './context';
import type { RepositoryServer } from './repository-server';

/** Settings of a repository on an SFTP server, and with what is wrong. */
export interface SftpSettings {
  readonly right: Record<string, string>;
  /** The server's key is another. */
  readonly strangeHost: Record<string, string>;
  /** The server does not know the client's key. */
  readonly strangeKey: Record<string, string>;
}

/** Starts Debian's OpenSSH as an SFTP server. @param options.byAddress For clients that do not resolve its name. */
export async function startSftpServer(
  server: RepositoryServer,
  options: { readonly byAddress?: boolean } = {},
): Promise<SftpSettings> {
  const folder = mkdtempSync(join(tmpdir(), 'ecp-sftp-'));
  const key = await newKey(join(folder, 'key'));
  const strange = await newKey(join(folder, 'strange-key'));
  cpSync(join(__dirname, '..', 'fixtures', 'sftp-server'), folder, { recursive: true });
  cpSync(`${key}.pub`, join(folder, 'authorized_keys'));
  await server.start(folder);
  await eventually('sshd listens', 20, async () =>
    (await run('docker', ['logs', server.name])).stderr.includes('Server listening') ? true : undefined,
  );
  const hostKey = await docker(['exec', server.name, 'cat', '/etc/ssh/ssh_host_ed25519_key.pub']);
  const host = options.byAddress ? await server.address() : server.name;
  const right = {
    ECP_BACKUP_REPOSITORY: `sftp://keeper@${host}/srv/backups/ecp`,
    ECP_BACKUP_SFTP_KEY_FILE: key,
    ECP_BACKUP_SFTP_KNOWN_HOSTS_FILE: secretFile('known-host', `${host} ${hostKey}\n`),
  };
  const other = secretFile('strange-host', `${host} ${readFileSync(`${key}.pub`, 'utf8')}`);
  return {
    right,
    strangeHost: { ...right, ECP_BACKUP_SFTP_KNOWN_HOSTS_FILE: other },
    strangeKey: { ...right, ECP_BACKUP_SFTP_KEY_FILE: strange },
  };
}

async function newKey(file: string): Promise<string> {
  must(await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', file]), 'ssh-keygen');
  return file;
}
