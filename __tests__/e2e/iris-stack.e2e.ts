/**
 * The stack of `ECP_ENGINE=iris` with the real providers, as far as it goes without InterSystems' registry: a plan reads no image.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesize, type Synthesized } from '../../app/synthesize';
import { terraformEnvironment } from '../../cli/machine/terraform';
import { run, type ProcessResult } from '../../cli/process';

jest.setTimeout(120_000);

const SECRETS = ['this is the licence key', 'correct horse battery staple'];

let folder: string;
let stack: Synthesized;

const environment = () => ({
  HOME: folder,
  CDKTF_CONTEXT_JSON: '{}',
  CDKTF_OUTDIR: join(folder, 'out'),
  ECP_STATE_DIR: join(folder, 'state'),
  ECP_CLUSTER: `iris-stack-${process.pid}`,
  ECP_ENGINE: 'iris',
  ECP_IRIS_LICENSE_KEY_FILE: join(folder, 'iris.key'),
  ECP_IRIS_PASSWORD_FILE: join(folder, 'password'),
  ECP_SERVER_TROUBLE_DURATION: '30',
});

async function terraform(...args: string[]): Promise<ProcessResult> {
  const program = process.env.TERRAFORM_BINARY_NAME ?? 'terraform';
  const result = await run(program, args, { cwd: stack.stackDirectory, env: terraformEnvironment(), timeoutSec: 100 });
  if (result.code === 0) return result;
  throw new Error(`${program} ${args.join(' ')} ended with code ${result.code}\n${result.stdout}\n${result.stderr}`);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ecp-iris-stack-'));
  writeFileSync(join(folder, 'iris.key'), SECRETS[0]!);
  writeFileSync(join(folder, 'password'), SECRETS[1]!);
  // A login that nobody has, so that the plan goes through the provider's registry_auth.
  mkdirSync(join(folder, '.docker'));
  const auths = { 'containers.intersystems.com': { auth: Buffer.from('user:token').toString('base64') } };
  writeFileSync(join(folder, '.docker', 'config.json'), JSON.stringify({ auths }));
  stack = synthesize(environment());
  await terraform('init', '-input=false', '-no-color');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('is valid for the providers', async () => {
  const { stdout } = await terraform('validate', '-json');
  expect(JSON.parse(stdout)).toMatchObject({ valid: true, error_count: 0, warning_count: 0 });
});

test('has a plan, without the images being there, that makes servers and web gateways', async () => {
  await terraform('plan', '-input=false', '-no-color', '-out=plan');
  const { stdout } = await terraform('show', '-json', 'plan');
  const { resource_changes: changes } = JSON.parse(stdout) as {
    resource_changes: { type: string; change: { actions: string[]; after: { name?: string } } }[];
  };
  expect(new Set(changes.flatMap(({ change }) => change.actions))).toEqual(new Set(['create']));
  const names = (type: string) =>
    changes
      .filter(each => each.type === type)
      .map(({ change }) => change.after.name!.replace(`iris-stack-${process.pid}`, 'ecp'))
      .sort();
  const servers = ['app-server-1', 'app-server-2', 'data-server'];
  expect(names('docker_container')).toEqual(
    servers.flatMap(name => ['', '-files', '-web', '-web-files'].map(ending => `ecp-${name}${ending}`)).sort(),
  );
  expect(names('docker_image')).toEqual([
    'containers.intersystems.com/intersystems/iris:2025.1',
    'containers.intersystems.com/intersystems/webgateway:2025.1',
    expect.stringMatching(/^ecp-iris:[0-9a-f]{12}$/),
  ]);
  for (const secret of SECRETS) expect(stdout).not.toContain(secret);
  for (const secret of SECRETS)
    expect(readFileSync(join(stack.stackDirectory, 'plan'), 'latin1')).not.toContain(secret);
});

test('names a login of this machine to the provider, and needs none for a plan', async () => {
  const read = () =>
    JSON.parse(readFileSync(join(stack.stackDirectory, 'cdk.tf.json'), 'utf8')) as { provider: unknown };
  expect(read().provider).toMatchObject({
    docker: [
      {
        registry_auth: [
          { address: 'containers.intersystems.com', config_file: join(folder, '.docker', 'config.json') },
        ],
      },
    ],
  });
  rmSync(join(folder, '.docker'), { recursive: true });
  synthesize(environment());
  expect(read().provider).toMatchObject({ docker: [{}] });
  await terraform('plan', '-input=false', '-no-color');
});
