import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAtLeast, lookAtDocker } from '../../cli/machine/docker-version';
import { fakeProgram, removeFolders, restoreEnvironment, temporaryFolder, useOnly } from './machine-fakes';

/** A docker command that does as told. Its configuration has a current context where there is a host for it. */
function fakeDocker(version: string, contextHost?: string): void {
  const folder = temporaryFolder();
  fakeProgram(folder, 'docker', version);
  useOnly(folder);
  if (contextHost === undefined) return;
  const meta = join(folder, 'contexts', 'meta', createHash('sha256').update('own').digest('hex'));
  mkdirSync(meta, { recursive: true });
  writeFileSync(join(meta, 'meta.json'), JSON.stringify({ Name: 'own', Endpoints: { docker: { Host: contextHost } } }));
  writeFileSync(join(folder, 'config.json'), '{"currentContext":"own"}');
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
