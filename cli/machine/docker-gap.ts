import { existsSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { run } from '../process';
import { UserError } from '../terminal';
import { canInstallPackages, installPackages } from './apt';
import { startDocker } from './docker-start';
import { MINIMUM_API, isAtLeast, lookAtDocker, type DockerState } from './docker-version';
import { findProgram } from './find-program';
import type { Gap } from './gap';

const INSTALL = 'https://docs.docker.com/engine/install/';

/**
 * What must be done until a Docker daemon answers; undefined when one does.
 *
 * @throws UserError when only the user can do it.
 */
export async function dockerGap(state: DockerState): Promise<Gap | undefined> {
  switch (state.kind) {
    case 'answers':
      if (isAtLeast(state.apiVersion, MINIMUM_API)) return undefined;
      throw new UserError(
        `Docker ${state.version} has API version ${state.apiVersion}, at least ${MINIMUM_API} is needed: upgrade Docker to 20.10 or newer (${INSTALL})`,
      );
    case 'silent-elsewhere':
      throw new UserError(
        `No Docker daemon answers at ${state.host} (${state.complaint}), which DOCKER_HOST or the current docker context names: start it, or choose another one (unset DOCKER_HOST; 'docker context use default')`,
      );
    case 'refuses':
      throw new UserError(await permissionSentence(state));
    case 'no-program':
    case 'silent':
      return localGap(state);
  }
}

async function localGap(state: DockerState): Promise<Gap> {
  const daemon = findProgram('dockerd');
  if (canInstallPackages()) {
    const packages = missingPackages(state, daemon !== undefined);
    return {
      title: packages.length > 0 ? 'Install and start Docker' : 'Start Docker',
      changes: [...(packages.length > 0 ? [`install ${packages.join(', ')}`] : []), 'start the Docker daemon'],
      bring: async progress => {
        if (packages.length > 0) await installPackages(packages, progress);
        // Since Debian 13 the command is a package of its own.
        if (!findProgram('docker')) await installPackages(['docker-cli'], progress);
        await startDocker(progress);
        await dockerGap(await lookAtDocker());
      },
    };
  }
  const isRoot = process.getuid?.() === 0;
  if (state.kind === 'no-program' && isRoot) throw new UserError(`Docker is missing: install it (${INSTALL})`);
  if (state.kind === 'no-program')
    throw new UserError(
      `Docker is missing: install it (${INSTALL}; on Debian or Ubuntu 'sudo apt-get install docker.io iptables') and run 'sudo usermod -aG docker ${userInfo().username}'`,
    );
  if (!daemon)
    throw new UserError(
      `There is a docker command but no Docker daemon on this machine (${state.host} does not answer): install one (${INSTALL}), or name one elsewhere with DOCKER_HOST`,
    );
  const start = existsSync('/run/systemd/system') ? 'systemctl start docker' : 'service docker start';
  throw new UserError(
    `The Docker daemon is installed but does not run: start it with '${isRoot ? '' : 'sudo '}${start}'`,
  );
}

/** The packages that this machine needs for a daemon; what is there in another form is left alone. */
export function missingPackages(state: DockerState, hasDaemon: boolean): string[] {
  const packages: string[] = [];
  if (!hasDaemon) packages.push('docker.io');
  else if (state.kind === 'no-program') packages.push('docker-cli');
  if (!findProgram('iptables')) packages.push('iptables');
  // docker.io only recommends these two: pulling needs certificates, and where the kernel enforces AppArmor
  // no container starts without the parser.
  if (!existsSync('/etc/ssl/certs/ca-certificates.crt')) packages.push('ca-certificates');
  if (!findProgram('apparmor_parser') && appArmorIsOn()) packages.push('apparmor');
  return packages;
}

function appArmorIsOn(): boolean {
  try {
    return readFileSync('/sys/module/apparmor/parameters/enabled', 'utf8').startsWith('Y');
  } catch {
    return false;
  }
}

async function permissionSentence(state: DockerState): Promise<string> {
  const user = userInfo().username;
  const refused = `User ${user} may not use the Docker daemon at ${state.host} (permission denied)`;
  const group = (await run('getent', ['group', 'docker'])).stdout.trim().split(':');
  const isMember = group[3]?.split(',').includes(user) === true;
  if (isMember && !process.getgroups?.().includes(Number(group[2])))
    return `${refused}: the group docker has you as a member since you logged in, so log in again or run 'newgrp docker'`;
  return `${refused}: run 'sudo usermod -aG docker ${user}' and log in again, or use rootless Docker`;
}
