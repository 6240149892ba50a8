/** What `./ecp` promises to keep: the data, a running cluster whose state is another's or none, and what is not the cluster's. */
import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { synthesize } from '../../app/synthesize';
import type { ProcessResult } from '../../cli/process';
import { readStack } from '../../cli/terraform/stack-file';
import { synthesizeSpec } from './changes/cluster-spec';
import { prepare } from './changes/plan';
import { Steps } from './support/steps';
import { dockerOk, ecp, ecpOk, must, printLogs, removeCluster, terraform, testCluster } from './support/test-cluster';

jest.setTimeout(300_000);

const LABEL = 'ecp.test=keeps-data';
const cluster = testCluster('ecp-safe', 50, { ECP_APP_SERVERS: '1' });
/** A cluster that is never deployed as a whole. */
const other = testCluster('ecp-safe-two', 51, { ECP_APP_SERVERS: '1' });
const steps = new Steps();
const { step, stepOnDemand } = steps;

afterAll(async () => {
  if (steps.failed) await printLogs(cluster);
  for (const each of [cluster, other]) await removeCluster(each);
  await removeForeign();
});

const named = (what: string, of = cluster): string => `${of.name}-${what}`;

/** Runs `./ecp` with settings of its own. */
function withSettings(settings: Record<string, string>, args: readonly string[], of = cluster): Promise<ProcessResult> {
  return ecp({ ...of, environment: { ...of.environment, ...settings } }, args);
}

const DESTROY = { ECP_DATA_RETENTION: 'destroy' };
const NO_CHANGES = '0 added, 0 changed, 0 destroyed';

const ids = (): Promise<string> =>
  dockerOk('ps', '--all', '--quiet', '--no-trunc', '--filter', `label=ecp.cluster=${cluster.name}`);
const networks = (): Promise<string> =>
  dockerOk('network', 'ls', '--quiet', '--filter', `label=ecp.cluster=${cluster.name}`);
const dataSince = (): Promise<string> => dockerOk('volume', 'inspect', '--format', '{{.CreatedAt}}', named('data'));
const read = (): Promise<string> => ecpOk(cluster, ['exec', 'app-server-1', 'get', '^demo.ecp(1)']);

async function expectData(since: string): Promise<void> {
  expect(await dataSince()).toBe(since);
  expect(await read()).toBe('kept\n');
}

/** A command that is refused, with words that begin so, and leaves all containers and networks as they are. */
async function expectRefused(
  words: RegExp,
  args: readonly string[],
  settings: Record<string, string> = {},
  code = 1,
): Promise<void> {
  const before = [await ids(), await networks()];
  const result = await withSettings(settings, args);
  expect({ args, stderr: result.stderr }).toEqual({ args, stderr: expect.stringMatching(words) as string });
  expect({ args, code: result.code }).toEqual({ args, code });
  expect([await ids(), await networks()]).toEqual(before);
}

/** Something of somebody else's. */
async function removeForeign(): Promise<void> {
  const filter = ['--quiet', '--filter', `label=${LABEL}`];
  for (const [kind, list, remove] of [
    ['container', ['--all'], ['--force']],
    ['network', [], []],
    ['volume', [], []],
  ] as const) {
    const found = await dockerOk(kind, 'ls', ...list, ...filter);
    if (found) await dockerOk(kind, 'rm', ...remove, ...found.split('\n'));
  }
}

/** A volume with somebody's accounts. */
async function makeAccounts(volume: string, ...labels: readonly string[]): Promise<void> {
  await dockerOk('volume', 'create', ...[LABEL, ...labels].flatMap(label => ['--label', label]), volume);
  await inVolume(volume, 'echo money >/v/accounts.csv');
}

async function inVolume(volume: string, script: string): Promise<string> {
  const image = await dockerOk('image', 'ls', '--quiet', '--filter', 'label=ecp.base-image-id', 'ecp-rehearsal');
  const run = ['run', '--rm', '--network', 'none', '--user', '0', '--volume', `${volume}:/v`, '--entrypoint', 'bash'];
  return dockerOk(...run, image.split('\n')[0]!, '-euc', script);
}

/** When Docker made the data volume. */
let since: string;

describe('the data', () => {
  step('is written by a cluster that retains it', async () => {
    await ecpOk(cluster, ['up', '--yes']);
    await ecpOk(cluster, ['exec', 'app-server-1', 'set', '^demo.ecp(1)'], 'kept');
    await ecpOk(cluster, ['exec', 'app-server-1', 'sync']);
    since = await dataSince();
  });

  step(
    'stays when `destroy` is set: the volume is adopted, no server is replaced, the second up changes nothing',
    async () => {
      const server = await dockerOk('inspect', '--format', '{{.Id}}', named('data-server'));
      expect((await withSettings(DESTROY, ['up', '--yes'])).stdout).toContain('1 added, 0 changed, 0 destroyed');
      const { code, stdout } = await withSettings(DESTROY, ['up', '--yes']);
      expect({ code, says: stdout }).toEqual({ code: 0, says: expect.stringContaining(NO_CHANGES) as string });
      expect(await dockerOk('inspect', '--format', '{{.Id}}', named('data-server'))).toBe(server);
      await expectData(since);
    },
  );

  step('stays when the volume is tainted in the state', async () => {
    const list = must(await terraform(cluster, ['state', 'list']), 'terraform state list');
    const address = list.split('\n').find(each => /^docker_volume\..*_data_/.test(each))!;
    must(await terraform(cluster, ['taint', address]), 'terraform taint');
    const { code, stdout } = await withSettings(DESTROY, ['up', '--yes']);
    expect({ code, says: stdout }).toEqual({
      code: 0,
      says: expect.stringContaining('kept volume ecp-safe-data') as string,
    });
    await expectData(since);
  });

  stepOnDemand('stays when `./ecp down` comes after the setting was taken back', async () => {
    await ecpOk(cluster, ['down']);
    expect(await dataSince()).toBe(since);
    expect((await withSettings(DESTROY, ['up', '--yes'])).code).toBe(0);
    await expectData(since);
  });

  step('stays when the setting is taken back by an up', async () => {
    expect(await ecpOk(cluster, ['up', '--yes'])).toContain(NO_CHANGES);
    await expectData(since);
  });

  step('stays when the setting is taken back by a plain apply that replaces the data server too', async () => {
    expect((await withSettings(DESTROY, ['up', '--yes'])).code).toBe(0);
    const before = await dockerOk('inspect', '--format', '{{.Id}}', named('data-server'));
    const port = String(cluster.dataServerWebPort + 1);
    // As main.ts does it for cdktf.
    synthesize({ ...process.env, ...cluster.environment, ECP_DATA_SERVER_WEB_PORT: port }, { planForgetsData: true });
    const applied = await terraform(cluster, ['apply', '-auto-approve', '-input=false', '-no-color']);
    must(applied, 'terraform apply');
    expect(await dockerOk('inspect', '--format', '{{.Id}}', named('data-server'))).not.toBe(before);
    await expectData(since);
    expect(await ecpOk(cluster, ['up', '--yes'])).toContain('1 added, 0 changed, 1 destroyed');
    await expectData(since);
  });
});

describe('the name of the volume', () => {
  const appServers = { 'app-server-1': {} };

  test.each([
    ['retain', 'terraform_data', / (terraform apply -replace=terraform_data\.\S+)/],
    ['destroy', 'docker_volume', / (terraform state rm docker_volume\.\S+), which keeps it/],
  ] as const)('with %s is kept by each plan, until somebody means another one', async (dataRetention, type, remedy) => {
    const write = async (dataVolume: string): Promise<void> => {
      synthesizeSpec(other, { appServers, dataServer: { dataRetention, dataVolume } });
      await prepare(other);
    };
    await write(named('first', other));
    const [id] = Object.keys(readStack(other.stackDirectory).resource[type] ?? {}).filter(each =>
      each.includes('_data'),
    );
    const only = [`-target=${type}.${id}`, '-input=false', '-no-color'];
    const apply = (): Promise<ProcessResult> => terraform(other, ['apply', '-auto-approve', ...only]);
    must(await apply(), 'terraform apply');
    await write(named('second', other));
    const refused = await terraform(other, ['plan', ...only]);
    expect(refused.code).toBe(1);
    const sentence = refused.stderr.replace(/\s*│\s*|\s+/g, ' ');
    expect(sentence).toContain(
      `'dataVolume' must stay '${named('first', other)}', which has the data, got '${named('second', other)}', a volume of its own; take the change back, or go over to that one:`,
    );
    const [, command = ''] = remedy.exec(sentence) ?? [];
    expect(command).toContain(`${type}.${id}`);
    const [, ...words] = command.replace(/,.*/, '').trim().split(' ');
    must(await terraform(other, words[0] === 'apply' ? [...words, '-auto-approve', ...only] : words), command);
    must(await apply(), 'terraform apply');
    expect(must(await terraform(other, ['state', 'show', '-no-color', `${type}.${id}`]), 'show')).toContain(
      named('second', other),
    );
    must(await terraform(other, ['destroy', '-auto-approve', '-input=false']), 'terraform destroy');
  });
});

describe('a state', () => {
  const COMMANDS = [['up', '--yes'], ['down'], ['rotate']];

  step('that Terraform did not write, or another version did, touches nothing', async () => {
    const good = readFileSync(cluster.stateFile, 'utf8');
    try {
      for (const args of COMMANDS) {
        writeFileSync(cluster.stateFile, '{}');
        await expectRefused(
          /^error: the Terraform state '.*' must be one that Terraform wrote, and is not .*\n$/,
          args,
        );
      }
      writeFileSync(cluster.stateFile, good.replace('"version": 4', '"version": 5'));
      await expectRefused(/^error: the Terraform state '.*' must be of version 4, and is of version 5: .*\n$/, [
        'up',
        '--yes',
      ]);
    } finally {
      writeFileSync(cluster.stateFile, good);
    }
  });

  step('of another cluster is refused, and both are named', async () => {
    mkdirSync(dirname(other.stateFile), { recursive: true });
    copyFileSync(cluster.stateFile, other.stateFile);
    const before = await ids();
    for (const args of [['up', '--yes'], ['down']]) {
      const { code, stderr } = await ecp(other, args);
      expect({ args, stderr }).toEqual({
        args,
        stderr: expect.stringMatching(
          /^error: the Terraform state '.*' must be of the cluster 'ecp-safe-two', and is of 'ecp-safe': .*\n$/,
        ) as string,
      });
      expect(code).toBe(1);
      expect(await ids()).toBe(before);
    }
    rmSync(other.stateFile);
  });

  step('in another workspace is refused, whether that is set or selected', async () => {
    for (const args of COMMANDS.slice(0, 2))
      await expectRefused(
        /^error: 'TF_WORKSPACE' must be unset or 'default', .*, got 'dev'; .*\n$/,
        args,
        { TF_WORKSPACE: 'dev' },
        2,
      );
    const selected = join(cluster.stackDirectory, '.terraform', 'environment');
    writeFileSync(selected, 'dev');
    await expectRefused(
      /^error: the selected Terraform workspace must be 'default', .*, got 'dev'; .*\n$/,
      ['up', '--yes'],
      {},
      2,
    );
    rmSync(selected);
  });

  step('is where Terraform keeps it, or nothing is touched', async () => {
    const override = join(cluster.stackDirectory, 'override.tf.json');
    writeFileSync(override, JSON.stringify({ terraform: { backend: { local: { path: 'elsewhere.tfstate' } } } }));
    must(await terraform(cluster, ['init', '-reconfigure', '-input=false']), 'terraform init');
    await expectRefused(
      /^error: Terraform must keep the state in '.*', and keeps it in '.*elsewhere\.tfstate': .*\n$/,
      ['up', '--yes'],
    );
    await expectRefused(/^error: Terraform must keep the state in /, ['down']);
    rmSync(override);
    must(await terraform(cluster, ['init', '-reconfigure', '-input=false']), 'terraform init');
    await expectRefused(
      /^error: 'TF_CLI_ARGS_apply' must hold nothing but .*, got '-destroy'; .*\n$/,
      ['up', '--yes'],
      { TF_CLI_ARGS_apply: '-destroy' },
    );
  });

  stepOnDemand('is found with TF_DATA_DIR, and with an output folder behind a link', async () => {
    const data = await withSettings({ TF_DATA_DIR: join(cluster.folder, 'data') }, ['up', '--yes']);
    expect({ ...data, stdout: '' }).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(data.stdout).toContain(NO_CHANGES);
    const out = join(cluster.folder, 'out');
    const real = join(cluster.folder, 'some', 'where', 'deep');
    mkdirSync(dirname(real), { recursive: true });
    renameSync(out, real);
    symlinkSync(real, out);
    rmSync(join(cluster.stackDirectory, '.terraform'), { recursive: true });
    for (let time = 0; time < 2; time++) expect(await ecpOk(cluster, ['up', '--yes'])).toContain(NO_CHANGES);
    rmSync(out);
    renameSync(real, out);
    rmSync(join(cluster.stackDirectory, '.terraform'), { recursive: true });
  });
});

describe('what is not the cluster’s', () => {
  step('is named and left alone by each command on a running cluster', async () => {
    await dockerOk('rename', named('app-server-1'), named('renamed'));
    await dockerOk(
      'create',
      '--name',
      named('app-server-1'),
      '--label',
      LABEL,
      '--entrypoint',
      'true',
      await imageOf(),
    );
    for (const args of [['up', '--yes'], ['rotate', '--ca'], ['down']])
      await expectRefused(
        /^error: the container 'ecp-safe-app-server-1' must carry the label ecp\.cluster=ecp-safe, and has no such label: rename it .*\nNothing was changed\.\n$/,
        args,
      );
    await removeForeign();
    await dockerOk('rename', named('renamed'), named('app-server-1'));
  });

  step('is named and left alone before anything is made, when `destroy` and a down have kept the data', async () => {
    expect((await withSettings(DESTROY, ['up', '--yes'])).code).toBe(0);
    const { code, stdout } = await withSettings(DESTROY, ['down']);
    expect({ code, says: stdout }).toEqual({
      code: 0,
      says: expect.stringContaining('The data is kept in the volume') as string,
    });
    expect(await dataSince()).toBe(since);
    await makeAccounts(named('app-server-1-files'));
    await makeAccounts(named('data-server-files'), 'ecp.cluster=blue');
    await dockerOk('network', 'create', '--label', LABEL, cluster.name);
    for (const args of [
      ['up', '--yes'],
      ['down', '--volumes', '--yes'],
    ])
      await expectRefused(
        /^error: the network 'ecp-safe' must carry .*\nthe volume 'ecp-safe-app-server-1-files' must carry .*: copy .*\nthe volume 'ecp-safe-data-server-files' must carry .*, and is of the cluster 'blue': .*\nNothing was changed\.\n$/,
        args,
      );
    for (const volume of ['app-server-1-files', 'data-server-files'])
      expect(await inVolume(named(volume), 'ls -A /v')).toBe('accounts.csv');
    await removeForeign();
    expect(await inVolume(named('data'), 'cat /v/.ecp-engine')).toBe('rehearsal');
  });

  step('counts as data only with the mark of a data server', async () => {
    await dockerOk('volume', 'create', '--label', LABEL, named('data', other));
    // Nobody's yet.
    expect(await ecp(other, ['down'])).toMatchObject({ code: 0, stderr: '' });
    await inVolume(named('data', other), 'mkdir /v/lost+found; echo money >/v/accounts.csv');
    for (const args of [
      ['up', '--yes'],
      ['down', '--volumes', '--yes'],
    ]) {
      const { code, stderr } = await ecp(other, args);
      expect(stderr).toMatch(
        /^error: the volume 'ecp-safe-two-data' must hold the data of the cluster 'ecp-safe-two', and holds 'accounts\.csv', which no data server wrote: .*\nNothing was changed\.\n$/,
      );
      expect(code).toBe(1);
    }
    expect(await inVolume(named('data', other), 'ls /v')).toBe('accounts.csv\nlost+found');
    await removeForeign();
  });

  step('is left alone by plain Terraform too: a delivery refuses the volume, and no plan replaces it', async () => {
    await makeAccounts(named('data-server-files', other));
    synthesize({ ...process.env, ...other.environment });
    await prepare(other);
    const first = await terraform(other, ['apply', '-auto-approve', '-input=false', '-no-color']);
    const words = /the volume holds\s+'accounts\.csv',\s+which\s+no\s+delivery\s+made/;
    expect(first.stderr.replaceAll('│', '')).toMatch(words);
    const [, delivery] = /-replace=(docker_container\.\S+)/.exec(first.stderr)!;
    const second = await terraform(other, [
      'apply',
      '-auto-approve',
      '-input=false',
      '-no-color',
      `-replace=${delivery}`,
    ]);
    expect(second.stderr.replaceAll('│', '')).toMatch(words);
    expect(second.stdout).not.toMatch(/docker_volume.*(replaced|destroyed|Destroying)/);
    expect(await inVolume(named('data-server-files', other), 'ls -A /v; cat /v/accounts.csv')).toBe(
      'accounts.csv\nmoney',
    );
  });
});

describe('in the end', () => {
  step(
    'down --volumes removes the data with a yes, also with `destroy`, and has then nothing to complain of',
    async () => {
      expect((await withSettings(DESTROY, ['up', '--yes'])).code).toBe(0);
      expect(await read()).toBe('kept\n');
      expect(await withSettings({ ...DESTROY, CI: '' }, ['down', '--volumes'])).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('add --yes') as string,
      });
      expect(await read()).toBe('kept\n');
      expect(await withSettings(DESTROY, ['down', '--volumes', '--yes'])).toMatchObject({ code: 0, stderr: '' });
      expect(await dockerOk('volume', 'ls', '--quiet', '--filter', `name=^${named('')}(data|app|files)`)).not.toContain(
        named('data\n'),
      );
      expect(await ids()).toBe('');
    },
  );
});

async function imageOf(): Promise<string> {
  return dockerOk('inspect', '--format', '{{.Image}}', named('data-server'));
}
