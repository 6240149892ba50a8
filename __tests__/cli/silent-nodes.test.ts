import { rememberSilence, rememberedSilence, whySilent } from '../../cli/access/silent-nodes';
import { inWords, whySshFails } from '../../cli/access/ssh';
import { fakeProgram, removeFolders, restoreEnvironment, temporaryFolder, useOnly } from './machine-fakes';

afterEach(() => {
  jest.useRealTimers();
  restoreEnvironment();
  removeFolders();
});

const at = (host: string) => ({ node: 'n1', environment: { DOCKER_HOST: host } });

test.each([
  [124, '', 'it said nothing for 10 s'],
  [
    1,
    'error during connect: Get "https://10.0.0.3:2376/v1.50/containers/json?all=1": dial tcp 10.0.0.3:2376: connect: no route to host',
    'no route to host at 10.0.0.3:2376',
  ],
  [1, 'Cannot connect to the Docker daemon at tcp://10.0.0.3:2376. Is the docker daemon running?', undefined],
  [1, '', 'exit code 1'],
])('why an engine does not answer is said without the request: %s %s', (code, stderr, words) => {
  expect(whySilent({ code, stderr })).toBe(words ?? stderr);
});

test('a silent node is left alone for a minute', () => {
  jest.useFakeTimers();
  const node = at('tcp://10.0.0.3:2376');
  expect(rememberedSilence(node)).toBeUndefined();
  rememberSilence(node, 'it said nothing');
  expect(rememberedSilence(node)).toBe('it said nothing');
  expect(rememberedSilence(at('tcp://10.0.0.4:2376'))).toBeUndefined();
  jest.advanceTimersByTime(61_000);
  expect(rememberedSilence(node)).toBeUndefined();
});

test.each([
  [124, '', 'ssh to ops@n1 said nothing for 10 s'],
  [
    255,
    'No ED25519 host key is known for n1 and you have requested strict checking.\r\nHost key verification failed.',
    'the ssh host key of n1 is not known here; connect once with ssh -p 2222 ops@n1, and compare its fingerprint',
  ],
  [
    255,
    '@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.',
    'the ssh host key of n1 is not the one that is known here; find out why, then ssh-keygen -R n1',
  ],
  [
    255,
    'ops@n1: Permission denied (publickey).',
    'ssh does not let ops@n1 in without a question; bring a key there with ssh-copy-id, or load it with ssh-add',
  ],
  [255, 'ssh: connect to host n1 port 2222: Connection refused', 'connect to host n1 port 2222: Connection refused'],
  [
    127,
    'bash: line 1: docker: command not found',
    'there is no docker command for ops@n1; install Docker on that host',
  ],
  [
    1,
    'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock',
    'ops@n1 may not use Docker there; add that user to the group docker on that host',
  ],
  [255, '', 'ssh to ops@n1 ended with code 255'],
])('what ssh says is one sentence with its remedy: %s %s', (code, stderr, words) => {
  expect(inWords({ code, stderr }, 'ops@n1', '2222')).toBe(words);
});

test('ssh is asked once, without questions, and only for nodes that it reaches', async () => {
  const folder = temporaryFolder();
  useOnly(folder);
  expect(await whySshFails(at('tcp://10.0.0.3:2376'))).toBeUndefined();
  expect(await whySshFails(at('ssh://ops@n1:2222'))).toBe('there is no ssh on this machine; ./ecp setup installs it');
  fakeProgram(folder, 'ssh', `echo "$*" >>'${folder}/calls'; echo "$*" >&2; exit 255`);
  expect(await whySshFails(at('ssh://ops@n1:2222'))).toBe(
    '-o BatchMode=yes -o ConnectTimeout=10 -p 2222 -- ops@n1 docker version --format {{.Server.Version}}',
  );
  fakeProgram(folder, 'ssh', 'true');
  expect(await whySshFails(at('ssh://ops@n1:2222'))).toBeUndefined();
  fakeProgram(folder, 'ssh', 'exit 255');
  expect(await whySshFails(at('ssh://ops@n1:2222'))).toBeUndefined();
});
