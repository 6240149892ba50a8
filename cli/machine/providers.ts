import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { PROJECT, PROVIDERS } from '../../app/folders';
import { LOCK_FILE } from '../../app/link-providers';
import { findGo } from './go';
import type { Gap } from './gap';
import { buildProviders } from './provider-build';
import type { TerraformProgram } from './terraform';
import { registryAnswers } from './terraform-registry';

const STAMP_FILE = 'stamp';
const SOURCE = join(PROJECT, 'providers');

/** Where the providers come from on this machine. */
export type ProviderOrigin = 'built' | 'registry' | 'to-build';

/** Looks where the providers come from; what was built here is used as long as it fits providers/go.mod. */
export async function providerOrigin(terraform: TerraformProgram): Promise<ProviderOrigin> {
  if (builtFor(terraform)) return 'built';
  // Outdated builds are renewed and not left for the registry: the stacks' lock files hold their hashes.
  if (!existsSync(PROVIDERS) && (await registryAnswers(terraform))) return 'registry';
  return 'to-build';
}

/**
 * What must be done until Terraform finds its providers; undefined when it does.
 *
 * @throws UserError when they must be built and Go is missing.
 */
export async function providersGap(terraform: TerraformProgram): Promise<Gap | undefined> {
  if ((await providerOrigin(terraform)) !== 'to-build') return undefined;
  const go = await findGo();
  return {
    title: 'Build the Terraform providers',
    changes: [],
    bring: progress => {
      progress('no Terraform registry answers; this is done once and takes minutes', true);
      return buildProviders({ go, terraform, source: SOURCE, stamp: stampFor(terraform) }, progress);
    },
  };
}

function builtFor(terraform: TerraformProgram): boolean {
  try {
    const stamp = readFileSync(join(PROVIDERS, STAMP_FILE), 'utf8');
    return stamp === stampFor(terraform).content && existsSync(join(PROVIDERS, LOCK_FILE));
  } catch {
    return false;
  }
}

/** Tells builds apart: the pinned sources, the platform, and whose lock file is beside them (Terraform's or OpenTofu's). */
function stampFor(terraform: TerraformProgram): { file: string; content: string } {
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum']) hash.update(readFileSync(join(SOURCE, file)));
  return {
    file: STAMP_FILE,
    content: `${hash.digest('hex')} ${terraform.platform} ${basename(terraform.program)}\n`,
  };
}
