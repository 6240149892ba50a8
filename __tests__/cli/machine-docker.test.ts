import { isAtLeast, lookAtDocker } from '../../cli/machine/docker';
import { fakeProgram, removeFolders, restoreEnvironment, temporaryFolder, useOnly } from './machine-fakes';

/** A docker command whose `version` does as told and whose context points at the usual socket, or elsewhere. */
function fakeDocker(version: string, contextHost = 'unix:///var/run/docker.sock'): void {
  const folder = temporaryFolder();
  fakeProgram(folder, 'docker', `case $1 in version) ${version};; context) echo '${contextHost}';; esac`);
  useOnly(folder);
}

const SILENT = `echo 'Cannot connect to the Docker daemon. Is the docker daemon running?' >&2; echo; exit 1`;

afterEach(() => {
  restoreEnvironment();
  removeFolders();
});

describe('lookAtDocker', () => {
  test('gives the versions of a daemon that answers', async () => {
    fakeDocker('echo 1.41 20.10.24');
    expect(await lookAtDocker()).toMatchObject({
      kind: 'answers',
      version: '20.10.24',
      apiVersion: '1.41',
      usualHost: true,
    });
  });

  test('tells that there is no docker command', async () => {
    useOnly(temporaryFolder());
    expect(await lookAtDocker()).toMatchObject({ kind: 'no-program', host: 'unix:///var/run/docker.sock' });
  });

  test('tells a socket that this user may not use from a daemon that does not run', async () => {
    fakeDocker(`echo 'permission denied while trying to connect to the Docker daemon socket' >&2; exit 1`);
    expect((await lookAtDocker()).kind).toBe('refuses');
    fakeDocker(SILENT);
    expect((await lookAtDocker()).kind).toBe('silent');
  });

  test('DOCKER_HOST that does not answer is not the machine’s own daemon', async () => {
    fakeDocker(SILENT);
    process.env.DOCKER_HOST = 'tcp://10.0.0.5:2375';
    expect(await lookAtDocker()).toMatchObject({ kind: 'silent-elsewhere', host: 'tcp://10.0.0.5:2375' });
  });

  test('a docker context is honoured', async () => {
    fakeDocker('echo 1.47 27.0.1', 'unix:///run/user/1000/docker.sock');
    expect(await lookAtDocker()).toMatchObject({
      kind: 'answers',
      host: 'unix:///run/user/1000/docker.sock',
      usualHost: false,
    });
    fakeDocker(SILENT, 'unix:///run/user/1000/docker.sock');
    expect((await lookAtDocker()).kind).toBe('silent-elsewhere');
  });
});

test.each([
  ['1.41', '1.41', true],
  ['1.5', '1.41', false],
  ['1.50', '1.41', true],
  ['2.0', '1.41', true],
  ['1.25.7', '1.25.8', false],
  ['1.25', '1.25.8', false],
  ['1.26', '1.25.8', true],
  ['1.5.0', '1.5', true],
])('version %s is at least %s: %s', (version, minimum, expected) => {
  expect(isAtLeast(version, minimum)).toBe(expected);
});
