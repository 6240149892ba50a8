import { join } from 'node:path';
import { findTerraform, planEnvironment, terraformEnvironment } from '../../cli/machine/terraform';
import { fakeProgram, removeFolders, restoreEnvironment, temporaryFolder, useOnly } from './machine-fakes';

const REMEDY =
  'install Terraform (https://developer.hashicorp.com/terraform/install) or OpenTofu (https://opentofu.org/docs/intro/install/)';

function fakeVersions(versions: Record<string, string>): void {
  const folder = temporaryFolder();
  for (const [program, version] of Object.entries(versions))
    fakeProgram(folder, program, `echo '{"terraform_version":"${version}","platform":"linux_amd64"}'`);
  useOnly(folder);
}

afterEach(() => {
  restoreEnvironment();
  removeFolders();
});

describe('findTerraform', () => {
  test('prefers terraform', async () => {
    fakeVersions({ terraform: '1.11.4', tofu: '1.9.0' });
    expect(await findTerraform()).toEqual({ program: 'terraform', version: '1.11.4', platform: 'linux_amd64' });
  });

  test.each([
    ['there is no terraform', { tofu: '1.9.0' }],
    ['terraform is too old', { terraform: '1.4.7', tofu: '1.9.0' }],
  ])('takes tofu when %s', async (_why, versions) => {
    fakeVersions(versions);
    expect((await findTerraform()).program).toBe('tofu');
  });

  test('takes nothing but the program of TERRAFORM_BINARY_NAME', async () => {
    fakeVersions({ terraform: '1.11.4' });
    process.env.TERRAFORM_BINARY_NAME = 'tofu';
    await expect(findTerraform()).rejects.toThrow(
      `'tofu', which TERRAFORM_BINARY_NAME names, does not run: correct or unset the variable, or ${REMEDY}`,
    );
  });

  test('names the version that is too old', async () => {
    fakeVersions({ terraform: '1.4.7' });
    await expect(findTerraform()).rejects.toThrow(`terraform is version 1.4.7, at least 1.5 is needed: ${REMEDY}`);
  });

  test('says how to get it when it is missing', async () => {
    useOnly(temporaryFolder());
    await expect(findTerraform()).rejects.toThrow(
      `Terraform is missing (neither 'terraform' nor 'tofu' is on PATH): ${REMEDY}`,
    );
  });
});

describe('terraformEnvironment', () => {
  test('removes a TF_CLI_CONFIG_FILE that names a missing file', () => {
    process.env.TF_CLI_CONFIG_FILE = join(temporaryFolder(), 'missing');
    expect(terraformEnvironment()).toHaveProperty('TF_CLI_CONFIG_FILE', undefined);
  });

  test('leaves one alone that is there', () => {
    process.env.TF_CLI_CONFIG_FILE = __filename;
    expect(terraformEnvironment()).not.toHaveProperty('TF_CLI_CONFIG_FILE');
  });

  test('for a plan lets Go collect garbage less often, unless the user says how often', () => {
    delete process.env.GOGC;
    expect(planEnvironment()).toMatchObject({ GOGC: '400', CHECKPOINT_DISABLE: '1' });
    process.env.GOGC = '50';
    expect(planEnvironment()).toHaveProperty('GOGC', '50');
  });
});
