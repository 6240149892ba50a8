import { existsSync, linkSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { PROVIDERS, SCRATCH } from '../../app/folders';
import { LOCK_FILE } from '../../app/link-providers';
import { run } from '../process';
import { UserError, type Progress } from '../terminal';
import type { GoProgram } from './go';
import { PINNED_PROVIDERS } from './provider-versions';
import { terraformEnvironment, type TerraformProgram } from './terraform';

/** The registries whose names Terraform and OpenTofu put before a provider's. */
const REGISTRIES = ['registry.terraform.io', 'registry.opentofu.org'];

/** What a build needs to know. */
export interface ProviderBuild {
  readonly go: GoProgram;
  readonly terraform: TerraformProgram;
  /** Folder of go.mod and go.sum. */
  readonly source: string;
  /** File that is written last into the finished mirror. */
  readonly stamp: { readonly file: string; readonly content: string };
}

/** Builds the providers into a scratch folder and replaces `.providers` with it at the end. */
export async function buildProviders(build: ProviderBuild, progress: Progress): Promise<void> {
  mkdirSync(SCRATCH, { recursive: true });
  const scratch = mkdtempSync(join(SCRATCH, 'providers-'));
  try {
    const mirror = join(scratch, 'mirror');
    mkdirSync(mirror);
    await compile(build, join(scratch, 'out'), progress);
    layOut(build.terraform.platform, join(scratch, 'out'), mirror);
    progress('make the dependency lock file');
    await lock(build.terraform, mirror, scratch);
    writeFileSync(join(mirror, build.stamp.file), build.stamp.content);
    if (existsSync(PROVIDERS)) renameSync(PROVIDERS, join(scratch, 'old'));
    renameSync(mirror, PROVIDERS);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function compile(build: ProviderBuild, out: string, progress: Progress): Promise<void> {
  const [goos = '', goarch = ''] = build.terraform.platform.split('_');
  const packages = PINNED_PROVIDERS.map(provider => provider.goPackage);
  let compiled = 0;
  let fetched = 0;
  const result = await run(
    build.go.program,
    // -v names each package as it is compiled.
    ['build', '-v', '-trimpath', '-ldflags', '-s -w', '-tags', 'no_compose', '-o', `${out}/`, ...packages],
    {
      cwd: build.source,
      env: { ...goEnvironment(), GOOS: goos, GOARCH: goarch },
      timeoutSec: 1800,
      onLine: line => {
        if (line.startsWith('go: downloading')) progress(`${++fetched} modules fetched`);
        else progress(`${++compiled} packages compiled`);
      },
    },
  );
  if (result.code === 0) return;
  const lines = result.stderr
    .trim()
    .split('\n')
    .filter(line => !line.startsWith('go: downloading'));
  throw new UserError(
    `The Terraform providers could not be built with Go ${build.go.version} (go build: exit code ${result.code}): check that Go modules can be fetched ('go env GOPROXY'). Its last lines:\n${lines.slice(-5).join('\n')}`,
  );
}

/** The build depends on go.mod and go.sum alone, whatever the user's environment and `go env -w` say. */
function goEnvironment(): Record<string, string | undefined> {
  return {
    CGO_ENABLED: '0',
    // Not empty: an empty variable would let the value of `go env -w` through.
    GOFLAGS: '-mod=readonly -buildvcs=false',
    GOWORK: 'off',
    GO111MODULE: 'on',
    HOME: process.env.HOME ?? homedir(),
  };
}

function layOut(platform: string, out: string, mirror: string): void {
  for (const { source, version, goPackage } of PINNED_PROVIDERS) {
    const program = join(out, basename(goPackage));
    for (const registry of REGISTRIES) {
      const folder = join(mirror, registry, source, version, platform);
      mkdirSync(folder, { recursive: true });
      // A link takes no room; Terraform does not follow symbolic ones within a mirror.
      linkSync(program, join(folder, `terraform-provider-${basename(source)}_v${version}`));
    }
  }
}

/** A scratch `init` computes the hashes. */
async function lock(terraform: TerraformProgram, mirror: string, scratch: string): Promise<void> {
  const folder = join(scratch, 'lock');
  mkdirSync(folder);
  const required = Object.fromEntries(
    PINNED_PROVIDERS.map(({ source, constraint }) => [basename(source), { source, version: constraint }]),
  );
  writeFileSync(join(folder, 'lock.tf.json'), JSON.stringify({ terraform: { required_providers: required } }));
  const result = await run(
    terraform.program,
    ['init', '-backend=false', '-input=false', '-no-color', `-plugin-dir=${mirror}`],
    { cwd: folder, env: { ...terraformEnvironment(), TF_DATA_DIR: undefined }, timeoutSec: 60 },
  );
  if (result.code !== 0)
    throw new UserError(
      `'${terraform.program} init' does not take the providers that were built here:\n${result.stderr}`,
    );
  const text = readFileSync(join(folder, '.terraform.lock.hcl'), 'utf8');
  writeFileSync(join(mirror, LOCK_FILE), text);
}
