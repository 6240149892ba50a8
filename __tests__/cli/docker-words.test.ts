import { whyUnreachable } from '../../cli/access/docker-words';

test.each([
  [
    'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
    'the Docker daemon at unix:///var/run/docker.sock does not answer: start it, or correct DOCKER_HOST or the context; ./ecp up --check shows what else is missing',
  ],
  [
    'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get "http://%2Fvar%2Frun%2Fdocker.sock/v1.50/containers/json": dial unix /var/run/docker.sock: connect: permission denied',
    "this user may not use the Docker daemon at /var/run/docker.sock: let an administrator add it to the group 'docker', and log in again",
  ],
  [
    'error during connect: Get "http://docker.example.com/v1.50/containers/json": command [ssh -o ConnectTimeout=30 -T -l ops -- far.example.org docker system dial-stdio] has exited with exit status 255, make sure the URL is valid, and Docker 18.09 or later is installed on the remote host: stderr=ssh: connect to host far.example.org port 22: Connection refused\n',
    'the Docker daemon on far.example.org cannot be reached by ssh (ssh: connect to host far.example.org port 22: Connection refused): correct DOCKER_HOST or the context',
  ],
  [
    'error during connect: Get "https://10.0.0.2:2376/v1.50/containers/json": EOF',
    'the Docker daemon at https://10.0.0.2:2376 does not answer: start it, or correct DOCKER_HOST or the context; ./ecp up --check shows what else is missing',
  ],
  ['spawn docker ENOENT', 'the command docker is missing: ./ecp setup installs it'],
  ['Error response from daemon: No such container: x', undefined],
])('%s', (stderr, words) => {
  expect(whyUnreachable(stderr)).toBe(words);
});
