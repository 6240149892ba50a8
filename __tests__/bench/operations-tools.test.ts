import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeBenchCluster, type BenchCluster } from '../../bench/operations/bench-cluster';
import { cdktfTool } from '../../bench/operations/cdktf-tool';
import { composeTool } from '../../bench/operations/compose-tool';
import { ecpTool } from '../../bench/operations/ecp-tool';
import { terraformTool } from '../../bench/operations/terraform-tool';
import { ACTIONS, type Action, type Tool } from '../../bench/operations/tool';

let folder: string;
let bench: BenchCluster;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ecp-bench-'));
  bench = makeBenchCluster(folder, 'tool', 26);
  mkdirSync(bench.stackDirectory, { recursive: true });
  const key = (path: string) => ({ '//': { metadata: { path } } });
  const keys = {
    data_1: key('demo/pki/data-server/key'),
    ca_2: key('demo/pki/ca-1/key'),
    app_3: key('demo/pki/app-server-1/key'),
  };
  writeFileSync(join(bench.stackDirectory, 'cdk.tf.json'), JSON.stringify({ resource: { tls_private_key: keys } }));
});

afterEach(() => rmSync(folder, { recursive: true }));

/** Program without its folder, and arguments, of each action; words of this machine's folders are cut. */
function words(tool: Tool): Record<string, string[] | undefined> {
  const text = (action: Action): string[] | undefined =>
    tool
      .commands(action, 2)
      ?.map(({ program, args }) => [program.replace(/.*\//, ''), ...args].join(' ').replaceAll(bench.folder, 'FOLDER'));
  return Object.fromEntries(ACTIONS.map(action => [action, text(action)]));
}

it('./ecp does each action by a command of its own', () => {
  expect(words(ecpTool(bench))).toEqual({
    deploy: ['ecp up --yes'],
    'no-op': ['ecp up --yes'],
    plan: undefined,
    'add one': ['ecp up --yes'],
    'remove one': ['ecp up --yes --allow-destroy'],
    rotate: ['ecp rotate --yes'],
    destroy: ['ecp down --volumes --yes'],
  });
});

it('terraform replaces the keys of servers, not that of the authority, and has a plan of its own', () => {
  const apply = ['terraform apply -auto-approve -input=false -no-color'];
  expect(words(terraformTool(bench, 'terraform'))).toEqual({
    deploy: apply,
    'no-op': apply,
    plan: ['terraform plan -input=false -no-color'],
    'add one': apply,
    'remove one': apply,
    rotate: [
      'terraform apply -auto-approve -replace=tls_private_key.data_1 -replace=tls_private_key.app_3 -input=false -no-color',
    ],
    destroy: ['terraform destroy -auto-approve -input=false -no-color'],
  });
});

it('cdktf hands the keys to replace to Terraform by a variable', () => {
  const tool = cdktfTool(bench);
  const deploy = ['cdktf deploy --auto-approve --output FOLDER/out'];
  expect(words(tool)).toMatchObject({ deploy, 'add one': deploy, rotate: deploy, plan: undefined });
  expect(words(tool).destroy).toEqual(['cdktf destroy --auto-approve --output FOLDER/out']);
  expect(tool.commands('rotate', 2)?.[0]?.env.TF_CLI_ARGS_apply).toBe(
    '-replace=tls_private_key.data_1 -replace=tls_private_key.app_3',
  );
  expect(tool.commands('no-op', 2)?.[0]?.env.TF_CLI_ARGS_apply).toBeUndefined();
});

it('docker compose makes certificates at a deploy and at a rotation', () => {
  const compose = 'docker compose --ansi never --file FOLDER/project/compose.json';
  const up = `${compose} up --detach --wait --remove-orphans`;
  expect(words(composeTool(bench, ['docker', 'compose']))).toEqual({
    deploy: ['certificates.sh FOLDER/project', up],
    'no-op': [up],
    plan: undefined,
    'add one': [up],
    'remove one': [up],
    rotate: ['certificates.sh FOLDER/project'],
    destroy: [`${compose} down --volumes --remove-orphans`],
  });
});

it('a data server admits as many application servers at each count of a size, whatever the user has set', () => {
  process.env.ECP_SUBNET = '10.0.0.0/8';
  try {
    const [few, many] = [bench.environment(25), bench.environment(26)];
    expect([few.ECP_APP_SERVERS, many.ECP_APP_SERVERS]).toEqual(['25', '26']);
    expect([few.ECP_MAX_APP_SERVERS, many.ECP_MAX_APP_SERVERS]).toEqual(['26', '26']);
    expect(makeBenchCluster(folder, 'small', 3).environment(2).ECP_MAX_APP_SERVERS).toBe('16');
    expect(few.ECP_SUBNET).toBeUndefined();
  } finally {
    delete process.env.ECP_SUBNET;
  }
});
