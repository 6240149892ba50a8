import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { readFacts, rememberFacts } from '../../app/machine-facts';
import { run } from '../process';
import { PINNED_PROVIDERS } from './provider-versions';
import { terraformEnvironment, type TerraformProgram } from './terraform';

const PATIENCE_SEC = 5;
const REMEMBERED_MS = 24 * 3600 * 1000;

/** True when Terraform can ask a registry, or a mirror that the user configured, for providers. */
export async function registryAnswers(terraform: TerraformProgram): Promise<boolean> {
  const last = Date.parse(readFacts().terraformRegistryAnswered ?? '');
  if (Date.now() - last < REMEMBERED_MS) return true;
  const answers = await askRegistry(terraform);
  if (answers) rememberFacts({ terraformRegistryAnswered: new Date().toISOString() });
  return answers;
}

/**
 * Terraform itself asks, so that its proxies, certificates and configuration count. It asks for a version that does not exist:
 * the answer "no available releases match" needs a registry and downloads nothing.
 */
async function askRegistry(terraform: TerraformProgram): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'ecp-registry-'));
  try {
    const required = Object.fromEntries(
      PINNED_PROVIDERS.map(({ source }) => [basename(source), { source, version: '0.0.0-none' }]),
    );
    writeFileSync(join(folder, 'ask.tf.json'), JSON.stringify({ terraform: { required_providers: required } }));
    const result = await run(terraform.program, ['init', '-backend=false', '-input=false', '-no-color'], {
      cwd: folder,
      env: {
        ...terraformEnvironment(),
        TF_REGISTRY_CLIENT_TIMEOUT: String(PATIENCE_SEC),
        TF_REGISTRY_DISCOVERY_RETRY: '0',
        TF_DATA_DIR: undefined,
      },
      timeoutSec: PATIENCE_SEC,
    });
    const matches = result.stderr.replace(/\s+|│/g, ' ').match(/no +available +releases +match/g) ?? [];
    return matches.length === PINNED_PROVIDERS.length;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
