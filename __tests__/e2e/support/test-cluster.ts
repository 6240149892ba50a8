import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { terraformEnvironment } from '../../../cli/machine/terraform';
import { run, type ProcessResult } from '../../../cli/process';
import { rest } from './rest';

export const PROJECT = join(__dirname, '..', '..', '..');

/** A cluster of its own name, ports, state and output folder, driven by the project's own command. */
export interface TestCluster {
  readonly name: string;
  /** Folder of the `./ecp` that drives it. @default - this project's own */
  readonly project?: string;
  readonly folder: string;
  readonly stateFile: string;
  readonly stackDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly dataServerWebPort: number;
  readonly appServerWebPortBase: number;
}

/** Ports are told apart by `slot`, so that several test clusters can run beside each other and beside a user's own. */
export function testCluster(name: string, slot: number, settings: Readonly<Record<string, string>> = {}): TestCluster {
  const folder = mkdtempSync(join(tmpdir(), `${name}-`));
  const dataServerWebPort = 21000 + slot * 500;
  const appServerWebPortBase = dataServerWebPort + 100;
  return {
    name,
    folder,
    stateFile: join(folder, 'state', `${name}-rehearsal.tfstate`),
    stackDirectory: join(folder, 'out', 'stacks', `${name}-rehearsal`),
    dataServerWebPort,
    appServerWebPortBase,
    environment: {
      ECP_CLUSTER: name,
      ECP_STATE_DIR: join(folder, 'state'),
      CDKTF_OUTDIR: join(folder, 'out'),
      ECP_DATA_SERVER_WEB_PORT: String(dataServerWebPort),
      ECP_APP_SERVER_WEB_PORT_BASE: String(appServerWebPortBase),
      ...settings,
    },
  };
}

/** Runs `./ecp` for the cluster. */
export function ecp(cluster: TestCluster, args: readonly string[], input?: string): Promise<ProcessResult> {
  return run(join(cluster.project ?? PROJECT, 'ecp'), args, { env: cluster.environment, input, timeoutSec: 280 });
}

/** Runs `./ecp` and throws with all it printed unless it ends well. */
export async function ecpOk(cluster: TestCluster, args: readonly string[], input?: string): Promise<string> {
  return must(await ecp(cluster, args, input), `./ecp ${args.join(' ')}`);
}

/** Runs Terraform in the cluster's stack folder. */
export function terraform(cluster: TestCluster, args: readonly string[]): Promise<ProcessResult> {
  const program = process.env.TERRAFORM_BINARY_NAME ?? 'terraform';
  return run(program, args, {
    cwd: cluster.stackDirectory,
    env: { ...cluster.environment, ...terraformEnvironment() },
    timeoutSec: 280,
  });
}

/** Runs a docker command that must succeed. */
export async function dockerOk(...args: string[]): Promise<string> {
  return must(await run('docker', args, { timeoutSec: 120 }), `docker ${args.join(' ')}`).trim();
}

/** The output of a program that must have ended well; throws with all it printed when it did not. */
export function must(result: ProcessResult, what: string): string {
  if (result.code === 0) return result.stdout;
  throw new Error(`${what} ended with code ${result.code}\n${result.stdout}\n${result.stderr}`);
}

/** Ends a process of a container the hard way. Docker's own kill would count as a wish to keep the container stopped. */
export async function killOnHost(container: string): Promise<void> {
  const [pid = '', image = ''] = (await dockerOk('inspect', '--format', '{{.State.Pid}} {{.Image}}', container)).split(
    ' ',
  );
  await dockerOk(
    'run',
    '--rm',
    '--pid',
    'host',
    '--user',
    '0',
    '--entrypoint',
    '/bin/bash',
    image,
    '-c',
    `kill -9 ${pid}`,
  );
}

/** Prints what the cluster's containers said, for a test that failed. */
export async function printLogs(cluster: Pick<TestCluster, 'name'>): Promise<void> {
  const names = await dockerOk(
    'ps',
    '--all',
    '--filter',
    `label=ecp.cluster=${cluster.name}`,
    '--format',
    '{{.Names}}',
  );
  for (const name of names.split('\n').filter(Boolean)) {
    const logs = await run('docker', ['logs', '--timestamps', '--tail', '60', name], { timeoutSec: 30 });
    const status = await run('docker', ['exec', name, 'ecp-node', 'status'], { timeoutSec: 30 });
    console.error(`--- ${name}\n${logs.stdout}${logs.stderr}\n${status.stdout}${status.stderr}`);
  }
}

/** Removes everything of the cluster, whatever became of it. */
export async function removeCluster(cluster: TestCluster): Promise<void> {
  await ecp(cluster, ['down', '--volumes', '--yes', '--adopt']);
  const label = `label=ecp.cluster=${cluster.name}`;
  const containers = await dockerOk('ps', '--all', '--quiet', '--filter', label);
  if (containers) await dockerOk('rm', '--force', ...containers.split('\n'));
  for (const kind of ['network', 'volume']) {
    const left = await dockerOk(kind, 'ls', '--quiet', '--filter', label);
    if (left) await dockerOk(kind, 'rm', ...left.split('\n'));
  }
  // Those without the label: the data, and the note of who deployed it, which stays when a down has failed.
  const unlabelled = ['data', 'deployed-from'].map(each => `${cluster.name}-${each}`);
  await run('docker', ['volume', 'rm', '--force', ...unlabelled]);
  rmSync(cluster.folder, { recursive: true, force: true });
}

/** Polls until `check` returns something else than `undefined`. `seen` tells what there was in its place. */
export async function eventually<T>(
  what: string,
  timeoutSec: number,
  check: () => Promise<T | undefined>,
  seen?: () => string,
): Promise<T> {
  const end = Date.now() + timeoutSec * 1000;
  for (;;) {
    const start = Date.now();
    const result = await check();
    if (result !== undefined) return result;
    if (Date.now() > end)
      throw new Error(`${what} did not happen within ${timeoutSec} s${seen ? `, but: ${seen()}` : ''}`);
    await rest(start, 0.3);
  }
}
