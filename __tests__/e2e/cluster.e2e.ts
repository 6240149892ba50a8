import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../cli/process';
import { Steps } from './support/steps';
import {
  PROJECT,
  dockerOk,
  ecp,
  ecpOk,
  eventually,
  killOnHost,
  printLogs,
  removeCluster,
  terraform,
  testCluster,
  type TestCluster,
} from './support/test-cluster';

jest.setTimeout(300_000);

const SERVERS = ['data-server', 'app-server-1', 'app-server-2'];
const cluster = testCluster('ecp-test', 0);
const neighbour = testCluster('ecp-beside', 1, { ECP_APP_SERVERS: '1' });
let neighbourBefore: string;
const steps = new Steps();
const { step } = steps;

/** Ids and start times of a cluster's containers, ids of its networks, names of its volumes. */
async function belongings(of: TestCluster): Promise<string> {
  const label = `label=ecp.cluster=${of.name}`;
  const ids = await dockerOk('ps', '--all', '--quiet', '--no-trunc', '--filter', label);
  const format = '{{.Name}} {{.Id}} {{.State.StartedAt}} {{.State.Status}}';
  const containers = await dockerOk('inspect', '--type', 'container', '--format', format, ...ids.split('\n'));
  const networks = await dockerOk('network', 'ls', '--quiet', '--no-trunc', '--filter', label);
  const volumes = await dockerOk('volume', 'ls', '--quiet', '--filter', `name=^${of.name}-`);
  return [containers, networks, volumes]
    .flatMap(text => text.split('\n'))
    .sort()
    .join('\n');
}

/** Plain cdktf, as a user without `./ecp` would call it; it takes the output folder from its own option. */
async function cdktf(...args: string[]): Promise<string> {
  const all = ['--no-install', 'cdktf', ...args, '--output', join(cluster.folder, 'out')];
  const result = await run('npx', all, { cwd: PROJECT, env: cluster.environment, timeoutSec: 250 });
  if (result.code === 0) return result.stdout;
  throw new Error(`cdktf ${args.join(' ')} ended with code ${result.code}\n${result.stdout}\n${result.stderr}`);
}

async function statusOf(
  of: TestCluster,
): Promise<{ ok: boolean; servers: { name: string; state: string; since: string }[] }> {
  return JSON.parse((await ecp(of, ['status', '--json'])).stdout) as Awaited<ReturnType<typeof statusOf>>;
}

async function allNormal(timeoutSec: number): Promise<void> {
  await eventually('all servers Normal', timeoutSec, async () => ((await statusOf(cluster)).ok ? true : undefined));
}

describe('a cluster from nothing to nothing', () => {
  beforeAll(async () => {
    // Somebody else's cluster on the same host, which this one must leave alone.
    await ecpOk(neighbour, ['up', '--yes']);
    neighbourBefore = await belongings(neighbour);
  });

  afterAll(async () => {
    try {
      if (steps.failed) await printLogs(cluster);
    } finally {
      await removeCluster(cluster);
      await removeCluster(neighbour);
    }
  });

  step('./ecp up ends with every server Normal and a table of them', async () => {
    const output = await ecpOk(cluster, ['up', '--yes']);
    for (const server of SERVERS) expect(output).toMatch(new RegExp(`^${server} .* Normal .* 90 days left `, 'm'));
    expect(output).toContain(`http://127.0.0.1:${cluster.dataServerWebPort}/`);
    expect(output).toContain('./ecp verify');
    const { ok, servers } = await statusOf(cluster);
    expect(ok).toBe(true);
    expect(servers.map(({ name, state }) => [name, state])).toEqual(SERVERS.map(name => [name, 'Normal']));
  });

  step('the second plan is empty', async () => {
    const plan = await terraform(cluster, ['plan', '-detailed-exitcode', '-no-color', '-input=false']);
    expect({ code: plan.code, says: plan.stdout.slice(-600) }).toEqual({
      code: 0,
      says: expect.stringContaining('No changes.') as string,
    });
  });

  step('plain cdktf diff finds the same state and no change', async () => {
    expect(await cdktf('diff')).toContain('No changes.');
  });

  step('./ecp verify writes on both application servers and reads on all three', async () => {
    const output = await ecpOk(cluster, ['verify']);
    expect(output).toMatch(/app-server-1 wrote \^demo\.ecp\("ecp\.verify","\w+",1\)=/);
    expect(output).toMatch(/app-server-2 wrote \^demo\.ecp\("ecp\.verify","\w+",2\)=/);
    expect(output).toContain('All 3 servers agree.');
  });

  step('./ecp exec passes arguments, input and exit code on', async () => {
    await ecpOk(cluster, ['exec', 'app-server-1', 'set', '^demo.exec("a b")'], 'a value with "quotes"\n');
    expect(await ecpOk(cluster, ['exec', 'data-server', 'get', '^demo.exec("a b")'])).toBe('a value with "quotes"\n');
    expect(await ecpOk(cluster, ['exec', 'app-server-2', 'zwrite', '^demo.exec'])).toBe(
      '^demo.exec("a b")="a value with ""quotes"""\n',
    );
    expect((await ecp(cluster, ['exec', 'app-server-2', 'get', '^demo.exec("none")'])).code).toBe(1);
    const wrong = await ecp(cluster, ['exec', 'app-server-9', 'status']);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain(
      `'SERVER' must be a server of cluster 'ecp-test', got 'app-server-9'; servers are ${SERVERS.join(', ')}`,
    );
  });

  step('no file that other users can read holds a private key', () => {
    const open = filesBelow(cluster.folder).filter(
      file => readableByOthers(file, cluster.folder) && readFileSync(file, 'utf8').includes('PRIVATE KEY'),
    );
    expect(open).toEqual([]);
    expect(readFileSync(cluster.stateFile, 'utf8')).toContain('PRIVATE KEY');
    return Promise.resolve();
  });

  step('docker restart of any server comes back to Normal', async () => {
    for (const server of SERVERS) {
      await dockerOk('restart', `${cluster.name}-${server}`);
      await allNormal(30);
    }
    await ecpOk(cluster, ['verify']);
  });

  step('the data server killed on the host comes back with every write that a sync followed', async () => {
    const lines = Array.from({ length: 500 }, (_, index) => `set ^demo.kill(${index})="value ${index}"`);
    await ecpOk(cluster, ['exec', 'app-server-1', 'session'], `${lines.join('\n')}\nsync\nhalt\n`);
    await ecpOk(cluster, ['exec', 'app-server-1', 'sync']);
    await killOnHost(`${cluster.name}-data-server`);
    await allNormal(30);
    const listing = await ecpOk(cluster, ['exec', 'data-server', 'zwrite', '^demo.kill']);
    expect(listing.trim().split('\n')).toHaveLength(500);
    expect(listing).toContain('^demo.kill(499)="value 499"');
  });

  step('./ecp down leaves no container and no network, and the next up finds the data', async () => {
    await ecpOk(cluster, ['down']);
    expect(await dockerOk('ps', '--all', '--quiet', '--filter', `label=ecp.cluster=${cluster.name}`)).toBe('');
    expect(await dockerOk('network', 'ls', '--quiet', '--filter', `label=ecp.cluster=${cluster.name}`)).toBe('');
    expect(await dockerOk('volume', 'ls', '--quiet', '--filter', `name=^${cluster.name}-`)).toBe(
      `${cluster.name}-data\n${cluster.name}-deployed-from`,
    );
    await ecpOk(cluster, ['up', '--yes']);
    expect(await ecpOk(cluster, ['exec', 'app-server-2', 'get', '^demo.kill(7)'])).toBe('value 7\n');
  });

  step('plain cdktf destroys and deploys on the same state, and the data stays', async () => {
    await cdktf('destroy', '--auto-approve');
    expect(await dockerOk('ps', '--all', '--quiet', '--filter', `label=ecp.cluster=${cluster.name}`)).toBe('');
    await cdktf('deploy', '--auto-approve');
    expect(await ecpOk(cluster, ['exec', 'app-server-1', 'get', '^demo.kill(8)'])).toBe('value 8\n');
    expect(await ecpOk(cluster, ['up', '--yes'])).toContain('0 added, 0 changed, 0 destroyed');
  });

  step('./ecp down --volumes removes the data only when it may', async () => {
    const refused = await ecp({ ...cluster, environment: { ...cluster.environment, CI: '' } }, ['down', '--volumes']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("'--volumes' deletes all data in the volume ecp-test-data");
    expect((await statusOf(cluster)).ok).toBe(true);
    await ecpOk(cluster, ['down', '--volumes', '--yes']);
    expect(await dockerOk('volume', 'ls', '--quiet', '--filter', `name=^${cluster.name}-`)).toBe('');
  });

  step('a cluster beside it ran all the time and still works', async () => {
    expect(await belongings(neighbour)).toBe(neighbourBefore);
    await ecpOk(neighbour, ['verify']);
  });
});

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .filter(file => statSync(file).size < 20_000_000);
}

/** A file can be read by others when it and every folder above it, up to `root`, lets them. */
function readableByOthers(file: string, root: string): boolean {
  if ((statSync(file).mode & 0o004) === 0) return false;
  for (
    let folder = join(file, '..');
    folder.startsWith(join(root, 'state')) || folder.startsWith(join(root, 'out'));
    folder = join(folder, '..')
  ) {
    if ((statSync(folder).mode & 0o001) === 0) return false;
  }
  return true;
}
