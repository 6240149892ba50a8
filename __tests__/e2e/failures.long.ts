/**
 * Deploys that cannot succeed: what a person reads of each from `./ecp up`, and what Terraform lets plain `cdktf deploy` say.
 * A port that a program holds, no room for stack or state, half a state, a data volume of the other engine, a refused setting with
 * plain cdktf: bad-input.long.ts.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer as createWebServer } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { terraformEnvironment } from '../../cli/machine/terraform';
import { run, type ProcessResult } from '../../cli/process';
import { PROJECT, dockerOk, ecp, printLogs, removeCluster, testCluster } from './support/test-cluster';

jest.setTimeout(300_000);

const ONE = { ECP_APP_SERVERS: '1', ECP_MAX_APP_SERVERS: '2' };
const cluster = testCluster('ecp-failures', 39, ONE);
const plain = testCluster('ecp-failures-plain', 40, ONE);
const label = `ecp.cluster=${cluster.name}`;

type Settings = Readonly<Record<string, string>>;

async function up(settings: Settings = {}): Promise<ProcessResult> {
  const result = await ecp({ ...cluster, environment: { ...cluster.environment, ...settings } }, ['up', '--yes']);
  // Whatever happens: no stack trace, no colours in a pipe, nothing overwritten.
  expect(result.stdout + result.stderr).not.toMatch(/\n\s+at |\r/);
  expect(result.stdout + result.stderr).not.toMatch(ESCAPES);
  return result;
}

// eslint-disable-next-line no-control-regex -- escape sequences are what is looked for
const ESCAPES = /\u001b\[[\d;]*m/g;

/** As somebody without `./ecp` does it, in a folder of its own. cdktf draws boxes around Terraform's words; they are read without. */
async function cdktfDeploy(settings: Settings): Promise<{ code: number; words: string }> {
  const project = { language: 'typescript', app: `cd '${PROJECT}' && node --require tsx/cjs main.ts` };
  writeFileSync(join(plain.folder, 'cdktf.json'), JSON.stringify(project));
  const program = join(PROJECT, 'node_modules', '.bin', 'cdktf');
  const { code, stdout, stderr } = await run(
    program,
    ['deploy', '--auto-approve', '--output', join(plain.folder, 'out')],
    { cwd: plain.folder, env: { ...terraformEnvironment(), ...plain.environment, ...settings }, timeoutSec: 250 },
  );
  const words = (stdout + stderr)
    .replace(ESCAPES, '')
    .replace(/^[\w-]+ +[│╷╵]/gm, '')
    .replace(/\s+/g, ' ');
  return { code, words };
}

/** One explanation: a cross with server and step, the reason, log lines, the remedy. */
function explanation(where: string, what: string | RegExp, remedy: string | RegExp): RegExp {
  const source = (part: string | RegExp) =>
    typeof part === 'string' ? part.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&') : part.source;
  return new RegExp(`^✗ ${source(where)}\\n {2}${source(what)}\\n( {2}\\| .*\\n)*? {2}remedy: ${source(remedy)}`, 'm');
}

afterAll(async () => {
  await removeCluster(cluster);
  await removeCluster(plain);
});

test('a full data disk: the data server says so, and nobody waits for the rest of its time', async () => {
  // GIVEN: a volume of 64 KiB in the place of the data
  const options = [
    '--driver',
    'local',
    '--opt',
    'type=tmpfs',
    '--opt',
    'device=tmpfs',
    '--opt',
    'o=size=64k,uid=51773',
  ];
  await dockerOk('volume', 'create', '--label', label, ...options, `${cluster.name}-data`);

  // WHEN
  const { code, stderr, stdout } = await up();

  // THEN
  expect(stderr).toMatch(
    explanation(
      'data-server, step: start and wait for Normal',
      /stopped waiting: this will not recover by itself: Failed, .*Not enough space to create database file.*/,
      `free space on the disk of the volume ${cluster.name}-data`,
    ),
  );
  expect(stderr).toContain(`docker logs ${cluster.name}-data-server`);
  expect(stderr.match(/✗/g)).toHaveLength(1);
  expect(code).toBe(1);
  // The application server waits for the data server and was not begun.
  expect(stdout).not.toContain('app-server-1 (container)');
  expect((await ecp(cluster, ['down', '--volumes', '--yes'])).code).toBe(0);
});

test('a configuration that the engine refuses', async () => {
  const text = readFileSync(join(PROJECT, 'config-files', 'data-server.json'), 'utf8');
  const file = join(cluster.folder, 'client-as-server.json');
  // A TLS configuration of a client: any schema takes it, and no server works with it.
  writeFileSync(file, text.replace('"Type": "1"', '"Type": "0"'));
  const { code, stderr } = await up({ ECP_DATA_SERVER_CONFIG_FILE: file });
  expect(stderr).toMatch(
    explanation(
      'data-server, step: start and wait for Normal',
      /stopped waiting: this will not recover by itself: Failed, config\.json: .*/,
      'correct the document that ECP_DATA_SERVER_CONFIG_FILE',
    ),
  );
  expect(stderr).toMatch(/^ {2}\| ecp-node\[data-server\]: Failed: config\.json: /m);
  expect(code).toBe(1);
});

test('a wrong authority: the application server says whose certificate it did not take', async () => {
  const settings = { ECP_CONFIG_VARIABLES: '{"CA_ROOT":"/ecp/files/pki/cert.pem"}' };
  const [{ code, stderr, stdout }, terraform] = await Promise.all([
    up(settings),
    cdktfDeploy({ ...settings, ECP_START_TIMEOUT_SEC: '10' }),
  ]);
  expect(stderr).toMatch(
    explanation(
      'app-server-1, step: start and wait for Normal',
      /stopped waiting: this will not recover by itself: Failed, the certificate of data-server:1972 is not from the CA of this cluster .*/,
      'give both servers one authority',
    ),
  );
  expect(code).toBe(1);
  // The data server was Normal, and stays.
  expect(stdout).toContain('data-server (container) made');

  // The provider waits its time out and knows no reason; docs/deploy.md says where to look for it.
  expect(terraform.words).toMatch(/container failed to be in healthy state .*docker_container\.ecp_app-server-1_\w+/);
  expect(terraform.code).toBe(1);
  const server = `${plain.name}-app-server-1`;
  expect(await dockerOk('logs', server)).toContain('Failed: the certificate of data-server:1972 is not from the CA');
});

test('not Normal in time: a data server that is not there is waited for, and told', async () => {
  const { code, stderr } = await up({
    ECP_CONFIG_VARIABLES: '{"DATASERVER_IP":"nowhere"}',
    ECP_START_TIMEOUT_SEC: '12',
  });
  expect(stderr).toMatch(
    explanation(
      'app-server-1, step: start and wait for Normal',
      'not Normal in time: Not Connected, the name nowhere does not resolve',
      'check the name and the port of the data server',
    ),
  );
  expect(stderr).toContain(`docker exec ${cluster.name}-app-server-1 ecp-node status`);
  expect(code).toBe(1);
});

test('a port that another container publishes', async () => {
  const image = await dockerOk('inspect', '--format', '{{.Image}}', `${cluster.name}-data-server`);
  const port = cluster.appServerWebPortBase + 1;
  const other = `${cluster.name}-other`;
  await dockerOk('rm', '--force', `${cluster.name}-app-server-1`);
  await dockerOk(
    'run',
    '--detach',
    '--name',
    other,
    '--label',
    `ecp.cluster=${other}`,
    '--publish',
    `127.0.0.1:${port}:52773`,
    '--entrypoint',
    'sleep',
    image,
    '600',
  );
  try {
    const { code, stderr } = await up();
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `error: Port ${port} is published by the container '${other}' of the cluster '${other}': stop that container, or choose another web port (ECP_DATA_SERVER_WEB_PORT, ECP_APP_SERVER_WEB_PORT_BASE)\n`,
    });
  } finally {
    await dockerOk('rm', '--force', other);
  }
});

test('a port that a program takes: plain cdktf deploy names the server and the port', async () => {
  const port = plain.appServerWebPortBase + 2;
  const program = createServer().listen(port, '127.0.0.1');
  try {
    // What was tainted above would only fail again: another application server is asked for.
    const { code, words } = await cdktfDeploy({ ECP_APP_SERVERS: 'app-server-2' });
    expect(words).toMatch(
      new RegExp(`127\\.0\\.0\\.1:${port}.*address already in use.*docker_container\\.ecp_app-server-2_`),
    );
    expect(code).toBe(1);
  } finally {
    program.close();
  }
});

test('an image that does not exist, and a registry that does not answer', async () => {
  const registry = createWebServer((request, response) => {
    response.statusCode = request.url === '/v2/' ? 200 : 404;
    response.setHeader('content-type', 'application/json');
    response.end(
      request.url === '/v2/' ? '{}' : '{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}',
    );
  }).listen(0, '127.0.0.1');
  await new Promise(resolve => registry.once('listening', resolve));
  const { port } = registry.address() as AddressInfo;
  const image = `127.0.0.1:${port}/nothing:1`;
  try {
    const { code, stderr } = await up({ ECP_REHEARSAL_BASE_IMAGE: image });
    expect(stderr).toMatch(
      explanation('image, step: fetch the base image', `the registry has no image ${image}`, 'correct the tag: '),
    );
    expect(code).toBe(1);
    const terraform = await cdktfDeploy({ ECP_REHEARSAL_BASE_IMAGE: image });
    expect(terraform.words).toContain(`unable to pull image ${image}`);
    expect(terraform.code).toBe(1);
  } finally {
    registry.closeAllConnections();
    await new Promise(resolve => registry.close(resolve));
  }
  const { stderr } = await up({ ECP_REHEARSAL_BASE_IMAGE: image });
  expect(stderr).toMatch(
    explanation(
      'image, step: fetch the base image',
      `the Docker daemon cannot reach the registry of ${image} (connection refused)`,
      'let it, or bring the image with docker save and docker load',
    ),
  );
});

test('InterSystems IRIS without a licence key: nothing is begun', async () => {
  const sentence = `'irisLicenseKeyFile' must be set for the engine 'iris', got nothing; give the path of a licence key with ECP in ECP_IRIS_LICENSE_KEY_FILE`;
  const { code, stderr, stdout } = await up({ ECP_ENGINE: 'iris' });
  expect({ code, stderr, stdout }).toEqual({ code: 2, stderr: `error: ${sentence}\n`, stdout: '' });
});

test('after all of that one ./ecp up, with the settings right, heals the cluster', async () => {
  const { code, stdout, stderr } = await up();
  if (code !== 0) await printLogs(cluster);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^app-server-1 +application server +Normal/m);
  expect(stdout).toContain('./ecp exec app-server-1 session');
});
