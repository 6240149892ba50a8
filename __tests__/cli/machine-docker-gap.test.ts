import { userInfo } from 'node:os';
import { canInstallPackages } from '../../cli/machine/apt';
import { dockerGap } from '../../cli/machine/docker-gap';
import type { DockerState } from '../../cli/machine/docker-version';
import { findProgram } from '../../cli/machine/find-program';
import { fakeProgram, removeFolders, restoreEnvironment, temporaryFolder, useOnly } from './machine-fakes';

// The folders of the administration are searched too, and this machine may have anything there.
jest.mock('../../cli/machine/find-program');
jest.mock('../../cli/machine/apt');

const user = userInfo().username;

function state(kind: DockerState['kind'], more: Partial<DockerState> = {}): DockerState {
  const host = 'unix:///var/run/docker.sock';
  return { kind, host, usualHost: true, version: '', apiVersion: '', complaint: '', ...more };
}

function machine(facts: { mayInstall: boolean; programs: string[] }): void {
  jest.mocked(canInstallPackages).mockReturnValue(facts.mayInstall);
  jest.mocked(findProgram).mockImplementation(name => (facts.programs.includes(name) ? `/fake/${name}` : undefined));
}

afterEach(() => {
  jest.restoreAllMocks();
  restoreEnvironment();
  removeFolders();
});

describe('an ordinary user learns in one sentence', () => {
  beforeEach(() => jest.spyOn(process, 'getuid').mockReturnValue(1000));

  test('that Docker is missing', async () => {
    machine({ mayInstall: false, programs: [] });
    await expect(dockerGap(state('no-program'))).rejects.toThrow(
      `Docker is missing: install it (https://docs.docker.com/engine/install/; on Debian or Ubuntu 'sudo apt-get install docker.io iptables') and run 'sudo usermod -aG docker ${user}'`,
    );
  });

  test('that there is a command without a daemon', async () => {
    machine({ mayInstall: false, programs: ['docker'] });
    await expect(dockerGap(state('silent'))).rejects.toThrow(
      'There is a docker command but no Docker daemon on this machine (unix:///var/run/docker.sock does not answer): install one (https://docs.docker.com/engine/install/), or name one elsewhere with DOCKER_HOST',
    );
  });

  test('that the daemon is stopped', async () => {
    machine({ mayInstall: false, programs: ['docker', 'dockerd'] });
    await expect(dockerGap(state('silent'))).rejects.toThrow(
      /^The Docker daemon is installed but does not run: start it with 'sudo (systemctl start docker|service docker start)'$/,
    );
  });

  test.each([
    ['who is not in the group docker', 'docker:x:999:', `run 'sudo usermod -aG docker ${user}' and log in again`],
    ['who joined the group after logging in', `docker:x:54321:other,${user}`, "log in again or run 'newgrp docker'"],
  ])('that the socket refuses a user %s', async (_who, group, remedy) => {
    const folder = temporaryFolder();
    fakeProgram(folder, 'getent', `echo '${group}'`);
    useOnly(folder);
    const error = await dockerGap(state('refuses')).then(
      () => undefined,
      (thrown: Error) => thrown.message,
    );
    expect(error).toContain(
      `User ${user} may not use the Docker daemon at unix:///var/run/docker.sock (permission denied)`,
    );
    expect(error).toContain(remedy);
  });
});

test('a daemon elsewhere is never replaced by a new one, not even for root', async () => {
  machine({ mayInstall: true, programs: [] });
  const host = 'tcp://10.0.0.5:2375';
  await expect(dockerGap(state('silent-elsewhere', { host, complaint: 'no answer in 15 s' }))).rejects.toThrow(
    "No Docker daemon answers at tcp://10.0.0.5:2375 (no answer in 15 s), which DOCKER_HOST or the current docker context names: start it, or choose another one (unset DOCKER_HOST; 'docker context use default')",
  );
});

test('an engine that is too old is an error with both versions', async () => {
  await expect(dockerGap(state('answers', { version: '19.03.15', apiVersion: '1.40' }))).rejects.toThrow(
    'Docker 19.03.15 has API version 1.40, at least 1.41 is needed: upgrade Docker to 20.10 or newer (https://docs.docker.com/engine/install/)',
  );
});

describe('root on Debian', () => {
  test('installs what is missing and starts the daemon', async () => {
    machine({ mayInstall: true, programs: ['apparmor_parser'] });
    const gap = await dockerGap(state('no-program'));
    expect(gap?.title).toBe('Install and start Docker');
    expect(gap?.changes[0]).toMatch(/^install docker\.io, iptables/);
    expect(gap?.changes[1]).toBe('start the Docker daemon');
  });

  test('only starts a daemon that is stopped', async () => {
    machine({ mayInstall: true, programs: ['docker', 'dockerd', 'iptables', 'apparmor_parser'] });
    expect((await dockerGap(state('silent')))?.title).toMatch(/start docker$/i);
    expect((await dockerGap(state('silent')))?.changes).toContain('start the Docker daemon');
  });

  test('needs nothing when a daemon answers', async () => {
    expect(await dockerGap(state('answers', { apiVersion: '1.41' }))).toBeUndefined();
  });
});
