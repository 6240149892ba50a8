/** What a user may get wrong and only the machine knows: one sentence, the right exit code, and nothing made. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findProgram } from '../../cli/machine/find-program';
import { run, type ProcessResult } from '../../cli/process';
import { Random, mutate } from '../mutations';
import { docker } from './support/docker';
import { PROJECT, dockerOk, ecp, ecpOk, removeCluster, testCluster, type TestCluster } from './support/test-cluster';

jest.setTimeout(300_000);

const NAME = 'ecp-hostile-bad';
const LABEL = `ecp.cluster=${NAME}`;
const SUBNET = '10.251.31.0/24';

let cluster: TestCluster;
let image: string | undefined;

/** `./ecp up` with something wrong; progress is on standard output, the sentence on standard error. */
function up(settings: Readonly<Record<string, string>> = {}): Promise<ProcessResult> {
  return ecp({ ...cluster, environment: { ...cluster.environment, ECP_APP_SERVERS: '1', ...settings } }, [
    'up',
    '--yes',
  ]);
}

async function belongings(): Promise<string> {
  const filter = ['--quiet', '--filter', `label=${LABEL}`];
  const found = [
    await dockerOk('ps', '--all', ...filter),
    await dockerOk('network', 'ls', ...filter),
    await dockerOk('volume', 'ls', ...filter),
  ];
  return found.join('');
}

async function expectRefusal(settings: Readonly<Record<string, string>>, sentence: RegExp, code = 1): Promise<void> {
  const result = await up(settings);
  expect(result.stderr).toMatch(sentence);
  expect(result.stderr.trim().split('\n')).toHaveLength(1);
  expect(result.stderr).not.toMatch(/defect|\n\s+at /);
  expect(result.code).toBe(code);
  expect(await belongings()).toBe('');
}

beforeEach(() => {
  cluster = testCluster(NAME, 7);
});
afterEach(() => removeCluster(cluster));

test('a port that a program holds', async () => {
  const server = createServer().listen(cluster.dataServerWebPort, '127.0.0.1');
  try {
    await expectRefusal(
      {},
      new RegExp(
        `^error: Port ${cluster.dataServerWebPort} on 127\\.0\\.0\\.1 is held by .*: stop it, or choose another web port \\(ECP_DATA_SERVER_WEB_PORT, ECP_APP_SERVER_WEB_PORT_BASE\\)\n$`,
      ),
    );
  } finally {
    server.close();
  }
});

test('a subnet of another network', async () => {
  const other = `${NAME}-other`;
  await dockerOk('network', 'create', '--subnet', SUBNET, '--label', `ecp.cluster=${other}`, other);
  try {
    const sentence =
      /^error: The subnet 10\.251\.31\.128\/25 overlaps 10\.251\.31\.0\/24 of the Docker network 'ecp-hostile-bad-other': choose another one, or remove that network\n$/;
    await expectRefusal({ ECP_SUBNET: '10.251.31.128/25' }, sentence);
  } finally {
    await dockerOk('network', 'rm', other);
  }
});

test('a Docker daemon that does not answer', async () => {
  const sentence =
    /^error: No Docker daemon answers at tcp:\/\/127\.0\.0\.1:9 \(.*\), which DOCKER_HOST or the current docker context names: start it, or choose another one/;
  await expectRefusal({ DOCKER_HOST: 'tcp://127.0.0.1:9' }, sentence);
  const environment = { ...cluster.environment, DOCKER_HOST: 'tcp://127.0.0.1:9' };
  for (const command of [['status'], ['verify'], ['exec', 'app-server-1', 'status'], ['down']]) {
    const { code, stderr } = await ecp({ ...cluster, environment }, command);
    expect(stderr).toMatch(/^error: .*127\.0\.0\.1:9.*\n$/);
    expect(code).toBe(1);
  }
});

test('no Terraform on PATH, and a name for it that is none', async () => {
  const bin = mkdtempSync(join(tmpdir(), 'ecp-path-'));
  for (const program of ['bash', 'env', 'node', 'cmp', 'dirname', 'readlink', 'docker'])
    symlinkSync(findProgram(program)!, join(bin, program));
  // ./ecp looks further than PATH: what is found first does not run.
  for (const program of ['terraform', 'tofu']) writeFileSync(join(bin, program), '#!/bin/false\n', { mode: 0o755 });
  try {
    const TERRAFORM_BINARY_NAME = '';
    await expectRefusal(
      { PATH: bin, TERRAFORM_BINARY_NAME },
      /^error: Terraform is missing \(neither 'terraform' nor 'tofu' is on PATH\): install Terraform \(https.*\) or OpenTofu \(https.*\)\n$/,
    );
    await expectRefusal(
      { TERRAFORM_BINARY_NAME: 'no-such-terraform' },
      /^error: 'no-such-terraform', which TERRAFORM_BINARY_NAME names, does not run: correct or unset the variable, or install/,
    );
  } finally {
    rmSync(bin, { recursive: true });
  }
});

test('half a state file, as a full disk leaves it', async () => {
  mkdirSync(dirname(cluster.stateFile), { recursive: true });
  writeFileSync(cluster.stateFile, '{"version": 4, "resou');
  const sentence =
    /^error: the Terraform state '.*\.tfstate' must be JSON, and is not \(.*\): put '.*\.backup' in its place, or remove it and \.\/ecp up recreates everything but the data\n$/;
  await expectRefusal({}, sentence);
  expect(readFileSync(cluster.stateFile, 'utf8')).toBe('{"version": 4, "resou');
  rmSync(cluster.stateFile);
});

/** Only root can make a small disk. */
const asRoot = process.getuid?.() === 0 ? test : test.skip;

asRoot('no disk for the stack, none for the state, and a read-only one', async () => {
  const disk = mkdtempSync(join(tmpdir(), 'ecp-disk-'));
  const must = async (...command: string[]): Promise<void> => {
    const { code, stderr } = await run(command[0]!, command.slice(1));
    if (code !== 0) throw new Error(`${command.join(' ')}: ${stderr}`);
  };
  await must('mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk);
  try {
    await expectRefusal(
      { CDKTF_OUTDIR: join(disk, 'out') },
      /^error: 'CDKTF_OUTDIR' must be a folder with room, got '.*\/out' \(ENOSPC: .*\); make room\n$/,
      2,
    );
    rmSync(join(disk, 'out'), { recursive: true });

    writeFileSync(join(disk, 'fill'), Buffer.alloc(64 * 1024));
    const { code, stderr } = await up({ ECP_STATE_DIR: join(disk, 'state') });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(
        /the Terraform state could not be written: its disk is full\n {2}remedy: make room in the folder of the state/,
      ) as string,
    });
    expect(await belongings()).toBe('');

    await must('mount', '-o', 'remount,ro', disk);
    await expectRefusal(
      { ECP_STATE_DIR: join(disk, 'x') },
      /^error: 'ECP_STATE_DIR' must be a folder that can be made and written, got '.*\/x' \(.*\); choose another, or let the user write there\n$/,
      2,
    );
  } finally {
    await must('umount', disk);
    rmSync(disk, { recursive: true });
  }
});

test('a data volume of the other engine: the data server refuses it and says whose it is', async () => {
  // GIVEN: data that this engine did not write. What is in a volume is known only to a container, so one is made.
  const engine = await imageOf();
  await dockerOk('volume', 'create', '--label', LABEL, `${NAME}-data`);
  await dockerOk(
    'run',
    '--rm',
    '--volume',
    `${NAME}-data:/durable`,
    '--entrypoint',
    'bash',
    engine,
    '-c',
    'echo iris >/durable/.ecp-engine',
  );

  // WHEN
  const { code, stderr } = await up();

  // THEN
  expect(stderr).toContain('data-server, step: start and wait for Normal');
  expect(stderr).toContain(
    "stopped waiting: this will not recover by itself: Failed, /durable was written by the engine 'iris': this one is 'rehearsal', give it a volume of its own",
  );
  expect(code).toBe(1);
  expect(
    await dockerOk('run', '--rm', '--volume', `${NAME}-data:/durable`, '--entrypoint', 'ls', engine, '-A', '/durable'),
  ).toBe('.ecp-engine');
});

test('300 mutated config.json: the engine reads each or says why not, and runs nothing of it', async () => {
  const engine = await imageOf();
  const documents = Array.from({ length: 300 }, (_, seed) => {
    const role = seed % 2 === 0 ? 'data-server' : 'app-server';
    const template = readFileSync(join(PROJECT, 'config-files', `${role}.json`), 'utf8');
    const values: Record<string, string> = {
      DATASERVER_PORT: '1972',
      DATASERVER_NAME: 'data-server',
      DATASERVER_IP: 'data-server',
    };
    const ours = template.replace(/\$\{(\w+)\}/g, (_, name: string) => values[name] ?? '/ecp/files/x');
    return `${role} ${mutate(ours, new Random(seed)).replaceAll('\n', ' ')}`;
  });
  // As ecp-entrypoint does it: no JSON is a reason of its own, else all that jq prints is read by a shell.
  const script = `cd /tmp; while IFS=' ' read -r role text; do
    printf '%s\\n' "$text" >config.json
    if jq -r --arg role "$role" --slurpfile config config.json -f /opt/ecp/lib/config.jq config.json >config.env 2>/dev/null; then
      (set -eu; . ./config.env; [[ -n \${ECP_REASON:-} ]] && echo "refused $ECP_REASON" || echo "read $ECP_SERVICE")
    else echo 'no JSON'; fi 2>&1 || echo broken; done; [[ ! -e /tmp/run ]] || echo 'something ran'`;
  const { stdout } = await docker(
    ['run', '--rm', '-i', '--network', 'none', '--entrypoint', 'bash', engine, '-c', script],
    {
      input: `${documents.join('\n')}\n`,
      timeoutSec: 120,
    },
  );
  const lines = Buffer.from(stdout, 'latin1').toString('utf8').trim().split('\n');
  expect(lines.filter(line => !/^(read (on|off)|no JSON|refused .{10,})$/.test(line))).toEqual([]);
  expect(lines).toHaveLength(documents.length);
  for (const kind of ['read', 'no JSON', 'refused'])
    expect(lines.filter(line => line.startsWith(kind)).length).toBeGreaterThan(5);
});

/** The rehearsal image, built by a cluster that goes again at once; the image stays. */
async function imageOf(): Promise<string> {
  if (image === undefined) {
    await ecpOk(cluster, ['up', '--yes']);
    image = await dockerOk('inspect', '--format', '{{.Image}}', `${NAME}-data-server`);
    await ecpOk(cluster, ['down', '--volumes', '--yes']);
  }
  return image;
}

test('npx cdktf synth says the sentence too', async () => {
  const { code, stdout, stderr } = await run(
    'npx',
    ['--no-install', 'cdktf', 'synth', '--output', join(cluster.folder, 'out')],
    {
      cwd: PROJECT,
      env: { ...cluster.environment, ECP_APP_SERVERS: '0' },
      timeoutSec: 120,
    },
  );
  expect(code).toBe(1);
  expect(stdout + stderr).toContain("error: 'ECP_APP_SERVERS' must be a number of servers from 1 to 254");
  expect(stdout + stderr).not.toMatch(/\n\s+at .*\.ts:/);
});
