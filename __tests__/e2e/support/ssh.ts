import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../../../cli/machine/find-program';
import type { Machines } from './machines';

/** What makes programs reach machines by ssh, as a person's `~/.ssh` would. */
export interface SshSetup {
  /** Addresses of the machines by their names, as the setting `nodes` has them. */
  readonly nodes: Readonly<Record<string, string>>;
  /** Value of `PATH` on which `ssh` knows the keys of the data centre. */
  readonly path: string;
}

/** How a test's ssh differs from one that knows the machines and makes a connection for each question. */
export interface SshWays {
  /** File with the host keys that are known. @default - those of the machines */
  readonly knownHosts?: string;
  /** Questions share a connection. @default false */
  readonly isShared?: boolean;
}

/**
 * Writes a command `ssh` that reads a configuration of its own: OpenSSH looks for the user's in the home folder alone, which is not a test's
 * to change.
 */
export function sshTo({ centre }: Machines, folder: string, { knownHosts, isShared }: SshWays = {}): SshSetup {
  mkdirSync(folder, { recursive: true });
  const keys = centre.certificateFolder;
  const lines = [
    `IdentityFile ${join(keys, 'id_ed25519')}`,
    'IdentitiesOnly yes',
    `UserKnownHostsFile ${knownHosts ?? join(keys, 'known_hosts')}`,
    ...(isShared ? ['ControlMaster auto', 'ControlPersist 10', `ControlPath ${folder}/%C`] : []),
  ];
  writeFileSync(join(folder, 'config'), `${lines.join('\n')}\n`);
  writeFileSync(join(folder, 'ssh'), `#!/bin/sh\nexec ${findProgram('ssh')} -F '${join(folder, 'config')}' "$@"\n`, {
    mode: 0o755,
  });
  return {
    nodes: Object.fromEntries(centre.machines.map(({ name, address }) => [name, `ssh://ops@${address}`])),
    path: `${folder}:${process.env.PATH}`,
  };
}
