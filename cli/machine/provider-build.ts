import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { run } from '../process';
import { UserError, type Progress } from '../terminal';
import { GoProgram } from './go';
import { LOCK_FILE } from '../../app/link-providers';
import { PROVIDERS, SCRATCH } from '../../app/folders';
import { PINNED_PROVIDERS } from './provider-versions';
import { TerraformProgram, terraformEnvironment } from './terraform';

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
  fs.mkdirSync(SCRATCH, { recursive: true });
  const scratch = fs.mkdtempSync(path.join(SCRATCH, 'providers-'));
  try {
    const mirror = path.join(scratch, 'mirror');
    fs.mkdirSync(mirror);
    await compile(build, path.join(scratch, 'out'), progress);
    layOut(build.terraform.platform, path.join(scratch, 'out'), mirror);
    progress('make the dependency lock file');
    await lock(build.terraform, mirror, scratch);
    fs.writeFileSync(path.join(mirror, build.stamp.file), build.stamp.content);
    if (fs.existsSync(PROVIDERS)) fs.renameSync(PROVIDERS, path.join(scratch, 'old'));
    fs.renameSync(mirror, PROVIDERS);
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
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
    HOME: process.env.HOME ?? os.homedir(),
  };
}

function layOut(platform: string, out: string, mirror: string): void {
  for (const { source, version, goPackage } of PINNED_PROVIDERS) {
    const program = path.join(out, path.basename(goPackage));
    for (const registry of REGISTRIES) {
      const folder = path.join(mirror, registry, source, version, platform);
      fs.mkdirSync(folder, { recursive: true });
      // A link takes no room; Terraform does not follow symbolic ones within a mirror.
      fs.linkSync(program, path.join(folder, `terraform-provider-${path.basename(source)}_v${version}`));
    }
  }
}

/** A scratch `init` computes the hashes. */
async function lock(terraform: TerraformProgram, mirror: string, scratch: string): Promise<void> {
  const folder = path.join(scratch, 'lock');
  fs.mkdirSync(folder);
  const required = Object.fromEntries(
    PINNED_PROVIDERS.map(({ source, constraint }) => [path.basename(source), { source, version: constraint }]),
  );
  fs.writeFileSync(path.join(folder, 'lock.tf.json'), JSON.stringify({ terraform: { required_providers: required } }));
  const result = await run(
    terraform.program,
    ['init', '-backend=false', '-input=false', '-no-color', `-plugin-dir=${mirror}`],
    { cwd: folder, env: { ...terraformEnvironment(), TF_DATA_DIR: undefined }, timeoutSec: 60 },
  );
  if (result.code !== 0)
    throw new UserError(
      `'${terraform.program} init' does not take the providers that were built here:\n${result.stderr}`,
    );
  const text = fs.readFileSync(path.join(folder, '.terraform.lock.hcl'), 'utf8');
  fs.writeFileSync(path.join(mirror, LOCK_FILE), text);
}
