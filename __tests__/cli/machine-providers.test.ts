import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT, PROVIDERS } from '../../app/folders';
import { readFacts } from '../../app/machine-facts';
import { providerOrigin, providersGap } from '../../cli/machine/providers';
import { fakeProgram, removeFolders, restoreEnvironment, temporaryFolder, useOnly } from './machine-fakes';

// A project of our own, so that the real one's providers and facts are left alone.
jest.mock('../../app/folders', () => {
  const [os, fs, path] = [
    jest.requireActual('node:os'),
    jest.requireActual('node:fs'),
    jest.requireActual('node:path'),
  ];
  const project = fs.mkdtempSync(path.join(os.tmpdir(), 'ecp-project-'));
  return { PROJECT: project, SCRATCH: path.join(project, '.ecp'), PROVIDERS: path.join(project, '.providers') };
});

// The folders of Go's own installer are searched too.
jest.mock('../../cli/machine/find-program', () => ({
  findProgram: (name: string) => {
    const file = jest.requireActual('node:path').join(process.env.PATH, name);
    return jest.requireActual('node:fs').existsSync(file) ? file : undefined;
  },
}));

const terraform = { program: 'terraform', version: '1.11.4', platform: 'linux_amd64' };
let programs: string;

/** A terraform whose registry does not answer, and whose `init -plugin-dir` writes a lock file. */
function offline(): void {
  fakeProgram(
    programs,
    'terraform',
    `case "$*" in *-plugin-dir=*) echo 'provider "x" { hashes = ["h1:abc="] }' > .terraform.lock.hcl;;
     *) echo 'could not connect to registry.terraform.io' >&2; exit 1;; esac`,
  );
}

/** A go that writes the programs that it is asked to build, and what it was given beside them. */
function fakeGo(version: string, toolchain = 'local'): void {
  fakeProgram(
    programs,
    'go',
    `if [ "$1" = env ]; then echo go${version}; echo ${toolchain}; exit; fi
     echo "$* GOFLAGS=$GOFLAGS GOOS=$GOOS GOARCH=$GOARCH" > '${PROJECT}/asked'
     while [ "$1" != -o ]; do shift; done
     /bin/mkdir -p "$2"; echo docker > "$2/terraform-provider-docker"; echo tls > "$2/terraform-provider-tls"`,
  );
}

beforeEach(() => {
  programs = temporaryFolder();
  useOnly(programs);
  mkdirSync(join(PROJECT, 'providers'), { recursive: true });
  for (const file of ['go.mod', 'go.sum']) writeFileSync(join(PROJECT, 'providers', file), file);
  for (const folder of ['.providers', '.ecp']) rmSync(join(PROJECT, folder), { recursive: true, force: true });
});

afterEach(() => {
  restoreEnvironment();
  removeFolders();
});
afterAll(() => rmSync(PROJECT, { recursive: true }));

async function build(): Promise<void> {
  const gap = await providersGap(terraform);
  await gap!.bring(() => undefined);
}

test('where the registry answers nothing is built, and it is not asked again', async () => {
  const refusal = 'no available releases match the given constraints 0.0.0-none';
  // As Terraform writes it: within a frame, and broken into lines anywhere.
  fakeProgram(
    programs,
    'terraform',
    `printf '│ ${refusal}\\n│ ${refusal.replace('releases ', 'releases\\n│ ')}\\n' >&2; exit 1`,
  );
  expect(await providersGap(terraform)).toBeUndefined();
  expect(Date.parse(readFacts().terraformRegistryAnswered ?? '')).toBeGreaterThan(Date.now() - 60_000);
  offline();
  expect(await providerOrigin(terraform)).toBe('registry');
});

describe('where it does not answer', () => {
  beforeEach(offline);

  test('Go must be there', async () => {
    await expect(providersGap(terraform)).rejects.toThrow(
      'Go is missing; the Terraform registry does not answer, so the two Terraform providers are built here: install Go 1.25.8 or newer (https://go.dev/doc/install)',
    );
  });

  test('Go must be new enough, or able to fetch a newer one', async () => {
    fakeGo('1.19.8', ''); // It knows no GOTOOLCHAIN yet.
    await expect(providersGap(terraform)).rejects.toThrow('Go is 1.19.8, at least 1.25.8 is needed;');
    fakeGo('1.25.7');
    await expect(providersGap(terraform)).rejects.toThrow('Go is 1.25.7, at least 1.25.8 is needed;');
    fakeGo('1.25.7', 'auto');
    expect(await providersGap(terraform)).toBeDefined();
  });

  test('the providers are built into a mirror with their lock file', async () => {
    fakeGo('1.26.0');
    await build();
    const folder = 'registry.terraform.io/kreuzwerker/docker/4.6.0/linux_amd64/terraform-provider-docker_v4.6.0';
    expect(readFileSync(join(PROVIDERS, folder), 'utf8')).toBe('docker\n');
    const tofu = 'registry.opentofu.org/hashicorp/tls/4.2.1/linux_amd64/terraform-provider-tls_v4.2.1';
    expect(readFileSync(join(PROVIDERS, tofu), 'utf8')).toBe('tls\n');
    expect(readFileSync(join(PROVIDERS, 'terraform.lock.hcl'), 'utf8')).toContain('h1:abc=');
    expect(await providersGap(terraform)).toBeUndefined();
    expect(readdirSync(join(PROJECT, '.ecp'))).toEqual([]);
  });

  test('the user’s Go settings do not matter', async () => {
    fakeGo('1.26.0');
    Object.assign(process.env, { GOFLAGS: '-mod=mod', GOOS: 'plan9', GOARCH: 'arm' });
    await build();
    expect(readFileSync(join(PROJECT, 'asked'), 'utf8')).toContain(
      'GOFLAGS=-mod=readonly -buildvcs=false GOOS=linux GOARCH=amd64',
    );
  });

  test('another pinned version, another platform or OpenTofu make a new build', async () => {
    fakeGo('1.26.0');
    await build();
    expect(await providerOrigin(terraform)).toBe('built');
    expect(await providerOrigin({ ...terraform, platform: 'linux_arm64' })).toBe('to-build');
    expect(await providerOrigin({ ...terraform, program: 'tofu' })).toBe('to-build');
    writeFileSync(join(PROJECT, 'providers/go.sum'), 'changed');
    expect(await providerOrigin(terraform)).toBe('to-build');
    await build();
    expect(await providerOrigin(terraform)).toBe('built');
  });

  test('a build that fails leaves nothing and shows its last lines', async () => {
    fakeGo('1.26.0');
    const go = readFileSync(join(programs, 'go'), 'utf8');
    writeFileSync(join(programs, 'go'), go.replace(/while[^]*/, 'echo "no route to host" >&2; exit 1'));
    await expect(build()).rejects.toThrow(
      /^The Terraform providers could not be built with Go 1\.26\.0 \(go build: exit code 1\)[^]*no route to host$/,
    );
    expect(existsSync(PROVIDERS)).toBe(false);
    expect(readdirSync(join(PROJECT, '.ecp'))).toEqual([]);
  });
});
