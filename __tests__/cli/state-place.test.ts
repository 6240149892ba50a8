import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SettingsError } from '../../app/settings';
import { dataDirectoryOf, requireDefaultWorkspace } from '../../app/workspace';
import { requirePlainTerraform, requireStatePlace } from '../../cli/terraform/state-place';
import { init } from '../../cli/terraform/terraform';

let folder: string;
let stack: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ecp-state-place-test-'));
  stack = join(folder, 'out', 'stacks', 'ecp-rehearsal');
  mkdirSync(join(stack, '.terraform'), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a workspace', () => {
  const check = (environment: Readonly<Record<string, string | undefined>>): void =>
    requireDefaultWorkspace(environment, stack);
  const select = (name: string, directory = '.terraform'): void => {
    mkdirSync(join(stack, directory), { recursive: true });
    writeFileSync(join(stack, directory, 'environment'), name);
  };

  test('that is set is refused, by the class of errors that is the user’s to mend', () => {
    expect(() => check({ TF_WORKSPACE: 'dev' })).toThrow(SettingsError);
    expect(() => check({ TF_WORKSPACE: 'dev' })).toThrow(
      "'TF_WORKSPACE' must be unset or 'default', since each cluster has a Terraform state of its own, got 'dev'; unset it, and name another cluster with 'cluster' (ECP_CLUSTER) instead",
    );
  });

  test('that is selected is refused', () => {
    select('dev');
    expect(() => check({})).toThrow(
      `the selected Terraform workspace must be 'default', since each cluster has a Terraform state of its own, got 'dev'; run 'terraform workspace select default' in '${stack}', and name`,
    );
    select('dev\n', 'elsewhere');
    select('default');
    expect(() => check({})).not.toThrow();
    expect(() => check({ TF_DATA_DIR: 'elsewhere' })).toThrow("got 'dev'");
  });

  test.each([{}, { TF_WORKSPACE: '' }, { TF_WORKSPACE: 'default' }])('of %j is the one there is', environment => {
    expect(() => check(environment)).not.toThrow();
  });

  test('that is selected does not count when the variable says otherwise', () => {
    select('dev');
    expect(() => check({ TF_WORKSPACE: 'default' })).not.toThrow();
  });
});

describe('the data directory', () => {
  test('is below the stack, or where TF_DATA_DIR says', () => {
    expect(dataDirectoryOf({}, stack)).toBe(join(stack, '.terraform'));
    expect(dataDirectoryOf({ TF_DATA_DIR: '' }, stack)).toBe(join(stack, '.terraform'));
    expect(dataDirectoryOf({ TF_DATA_DIR: 'data' }, stack)).toBe(join(stack, 'data'));
    expect(dataDirectoryOf({ TF_DATA_DIR: '/data' }, stack)).toBe('/data');
  });

  test('holds the stamp of an init, which is not done again', async () => {
    // GIVEN: a Terraform that makes the folder, once
    const terraform = join(folder, 'terraform');
    writeFileSync(terraform, '#!/bin/sh\nmkdir "$TF_DATA_DIR" && echo {} >"$TF_DATA_DIR/terraform.tfstate"\n', {
      mode: 0o755,
    });
    writeFileSync(join(stack, 'cdk.tf.json'), '{"terraform":{}}');
    process.env.TF_DATA_DIR = join(folder, 'data');
    try {
      // WHEN / THEN
      await init({ terraform, directory: stack });
      await init({ terraform, directory: stack });
    } finally {
      delete process.env.TF_DATA_DIR;
    }
  });
});

describe('options for Terraform', () => {
  test.each([
    ['TF_CLI_ARGS', '-no-color -state=/tmp/x', '-state=/tmp/x'],
    ['TF_CLI_ARGS_apply', '-target=docker_network.network', '-target=docker_network.network'],
    ['TF_CLI_ARGS_apply', '  -destroy', '-destroy'],
    ['TF_CLI_ARGS_plan', '-refresh=false', '-refresh=false'],
    ['TF_CLI_ARGS_init', "-backend-config 'path=x'", '-backend-config'],
    ['TF_CLI_ARGS_state', '-state x', '-state'],
    ['TF_CLI_ARGS_apply', '-parallelism 3', '-parallelism'],
    ['TF_CLI_ARGS_apply', '-lock=false', '-lock=false'],
  ])('%s=%s are refused', (name, value, option) => {
    expect(() => requirePlainTerraform({ [name]: value })).toThrow(
      `'${name}' must hold nothing but -no-color, -compact-warnings, -input=false, -lock-timeout=…, -parallelism=… and -plugin-dir=… for ./ecp, got '${option}'; unset it, or run Terraform yourself (docs/deploy.md)`,
    );
  });

  test('that change nothing of what is done are taken', () => {
    const environment = {
      TF_CLI_ARGS: '',
      TF_CLI_ARGS_apply: '-lock-timeout=10m -parallelism=3',
      TF_CLI_ARGS_init: '-input=false -plugin-dir=/mirror',
      TF_CLI_CONFIG_FILE: '/x',
      TF_IN_AUTOMATION: '1',
      TF_PLUGIN_CACHE_DIR: '/x',
    };
    expect(() => requirePlainTerraform(environment)).not.toThrow();
  });

  test('an encrypted state is refused before there is one', () => {
    expect(() => requirePlainTerraform({ TF_ENCRYPTION: 'key_provider "x" {}' })).toThrow(
      /^'TF_ENCRYPTION' must be unset/,
    );
  });
});

describe('the place of the state', () => {
  const note = (backend: unknown): void =>
    writeFileSync(join(stack, '.terraform', 'terraform.tfstate'), JSON.stringify({ version: 3, backend }));
  const local = (path: string | null): unknown => ({ type: 'local', config: { path, workspace_dir: null } });
  const expected = (): string => join(folder, 'state', 'ecp.tfstate');
  const check = (directory = stack): void => requireStatePlace({}, directory, expected());

  test('is the one that Terraform noted', () => {
    note(local('../../../state/ecp.tfstate'));
    expect(() => check()).not.toThrow();
  });

  test.each<[string, unknown]>([
    ["in '.*/ecp-rehearsal/x\\.tfstate'", local('x.tfstate')],
    ["in '.*/ecp-rehearsal/terraform\\.tfstate'", local(null)],
    ["in '.*/ecp-rehearsal/terraform\\.tfstate'", undefined],
    ["with the backend 'pg'", { type: 'pg', config: {} }],
  ])('is refused %s', (where, backend) => {
    note(backend);
    expect(() => check()).toThrow(
      new RegExp(`^Terraform must keep the state in '${expected()}', and keeps it ${where}: remove`),
    );
  });

  test('is found through links: Terraform goes up from where a folder really is', () => {
    symlinkSync(join(folder, 'out', 'stacks'), join(folder, 'link'));
    mkdirSync(join(folder, 'real'));
    symlinkSync('real', join(folder, 'state'));
    note(local('../../../real/ecp.tfstate'));
    expect(() => check(join(folder, 'link', 'ecp-rehearsal'))).not.toThrow();
    note(local('../../state/ecp.tfstate'));
    expect(() => check(join(folder, 'link', 'ecp-rehearsal'))).toThrow('must keep the state in');
  });
});
