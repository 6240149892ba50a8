import { existsSync } from 'node:fs';
import { run } from '../process';
import { UserError } from '../terminal';
import { terraformDaemonEnvironment } from './daemon-handover';
import { isAtLeast } from './docker-version';

const MINIMUM = '1.5';

/** A Terraform or OpenTofu program. */
export interface TerraformProgram {
  readonly program: string;
  readonly version: string;
  /** For example `linux_amd64`. */
  readonly platform: string;
}

/**
 * Variables to give to a child process that runs Terraform, on top of our own environment.
 *
 * A TF_CLI_CONFIG_FILE that names a missing file makes Terraform write a warning before all else it says, so it is removed.
 */
export function terraformEnvironment(): Record<string, string | undefined> {
  const file = process.env.TF_CLI_CONFIG_FILE;
  return {
    // The look-up for a newer Terraform costs seconds where there is no internet.
    CHECKPOINT_DISABLE: '1',
    TF_IN_AUTOMATION: '1',
    // The provider takes it for an attribute of the image: whoever sets it would have all servers replaced, and a base image of this daemon
    // alone is not seen by another builder anyway (docker provider 4.6, resource_docker_image.go).
    BUILDX_BUILDER: undefined,
    ...terraformDaemonEnvironment(process.env),
    ...(file !== undefined && !existsSync(file) ? { TF_CLI_CONFIG_FILE: undefined } : {}),
  };
}

/**
 * As `terraformEnvironment`, for a plan or an apply: Terraform and its providers collect garbage less often. A plan of 50 application servers
 * takes a sixth less time and 350 MB instead of 190 (measured, docs/benchmarks.md). The user's own GOGC wins.
 */
export function planEnvironment(): Record<string, string | undefined> {
  return { GOGC: process.env.GOGC ?? '400', ...terraformEnvironment() };
}

/**
 * Finds the program of TERRAFORM_BINARY_NAME, or `terraform`, or `tofu`, at least version 1.5.
 *
 * @throws UserError when there is none.
 */
export async function findTerraform(): Promise<TerraformProgram> {
  const named = process.env.TERRAFORM_BINARY_NAME;
  const found: TerraformProgram[] = [];
  for (const program of named ? [named] : ['terraform', 'tofu']) {
    const candidate = await askVersion(program);
    if (candidate && isAtLeast(candidate.version, MINIMUM)) return candidate;
    if (candidate) found.push(candidate);
  }
  const remedy = `install Terraform (https://developer.hashicorp.com/terraform/install) or OpenTofu (https://opentofu.org/docs/intro/install/)`;
  const old = found[0];
  if (old) throw new UserError(`${old.program} is version ${old.version}, at least ${MINIMUM} is needed: ${remedy}`);
  if (named)
    throw new UserError(
      `'${named}', which TERRAFORM_BINARY_NAME names, does not run: correct or unset the variable, or ${remedy}`,
    );
  throw new UserError(`Terraform is missing (neither 'terraform' nor 'tofu' is on PATH): ${remedy}`);
}

async function askVersion(program: string): Promise<TerraformProgram | undefined> {
  const result = await run(program, ['version', '-json'], { env: terraformEnvironment(), timeoutSec: 15 });
  try {
    const answer = JSON.parse(result.stdout) as { terraform_version: string; platform: string };
    return { program, version: answer.terraform_version, platform: answer.platform };
  } catch {
    return undefined;
  }
}
