import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFacts } from '../../../app/machine-facts';
import { terraformEnvironment } from '../../../cli/machine/terraform';
import { run, type ProcessResult } from '../../../cli/process';
import { hashDirectory } from '../../../constructs/private/image-build';
import { findForkBindings } from '../../../dev/fork-bindings';
import { PROJECT, must } from './test-cluster';

/** Tarballs, each named after a hash of what it was packed from. */
const STORE = join(PROJECT, '.ecp', 'packed');

/** cdktf, or its fork: a project has the one or the other, with the bindings that belong to it. */
export type Cdk = 'cdktf' | 'cdktn';

/** What a project must have beside the package, for npm. */
export function peersOf(cdk: Cdk): string[] {
  if (cdk === 'cdktf') return ['cdktf', 'constructs', '@cdktf/provider-docker', '@cdktf/provider-tls'].map(atVersion);
  const bindings = findForkBindings();
  if (!bindings) throw new Error("the fork's bindings are missing: ./ecp test brings them");
  return [...['cdktn', 'constructs'].map(atVersion), ...bindings.map(({ tarball }) => tarball)];
}

/** What decides on the tarball's content. */
const SOURCES = ['config-files', 'constructs', 'docs', 'images', 'LICENSE', 'README.md', 'package.json'];
const BUILD = ['dev/package', 'tsconfig.build.json', 'tsconfig.json'];

/** The base of the rehearsal image that this machine has, for `RehearsalImage`. */
export const BASE_IMAGE = readFacts().rehearsalBaseImage ?? 'debian:bookworm-slim';

/** Path of the package's tarball, packed anew only when the sources have changed since. Suites may call it at the same time. */
export async function packPackage(): Promise<string> {
  const tarball = join(STORE, `${hashSources()}.tgz`);
  if (existsSync(tarball)) return tarball;
  const scratch = mkdtempSync(join(tmpdir(), 'ecp-pack-'));
  try {
    const made = await packCopy(scratch);
    mkdirSync(STORE, { recursive: true });
    removeOld(STORE);
    // By way of a neighbour, since a rename within one folder leaves no half tarball to a suite that comes along.
    cpSync(made, `${tarball}.${process.pid}`);
    renameSync(`${tarball}.${process.pid}`, tarball);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return tarball;
}

/** Packs a copy, since the build clears `dist/`, which two suites or a user may need at the same time. */
async function packCopy(scratch: string): Promise<string> {
  const copy = copyCheckout(scratch);
  symlinkSync(join(PROJECT, 'node_modules'), join(copy, 'node_modules'));
  must(await run('npm', ['pack', '--pack-destination', scratch], { cwd: copy, timeoutSec: 240 }), 'npm pack');
  return join(
    scratch,
    readdirSync(scratch).find(name => name.endsWith('.tgz'))!,
  );
}

/** A copy of the checkout, all of it, so that `files` in package.json has something to leave out. */
function copyCheckout(scratch: string): string {
  const left = /^(node_modules|dist|coverage|cdktf\.out.*|\.(git|ecp|state|providers))$/;
  const copy = join(scratch, 'checkout');
  mkdirSync(copy);
  for (const name of readdirSync(PROJECT).filter(each => !left.test(each)))
    cpSync(join(PROJECT, name), join(copy, name), { recursive: true, verbatimSymlinks: true });
  return copy;
}

/** What npm takes for a git repository of the checkout as it is, committed or not. */
export async function gitAddress(scratch: string): Promise<string> {
  const copy = copyCheckout(scratch);
  const author = ['-c', 'user.name=ecp', '-c', 'user.email=ecp@example.org', '-c', 'commit.gpgsign=false'];
  for (const args of [
    ['init', '--quiet'],
    ['add', '--all'],
    [...author, 'commit', '--quiet', '--message', 'all'],
  ])
    must(await run('git', args, { cwd: copy, timeoutSec: 60 }), `git ${args.join(' ')}`);
  return `git+file://${copy}`;
}

/**
 * An empty project in a new folder, with these files and the package installed from its tarball; its peers have the versions of the
 * checkout, which npm has in its cache. The caller removes the folder.
 */
export async function packedProject(name: string, files: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), `${name}-`));
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text);
  await installPackage(folder);
  return folder;
}

/**
 * Runs `npm install` of the tarball and its peers in a folder, for a project that has its files already. A `package.json` that is there
 * must not name the package itself.
 */
export async function installPackage(folder: string, cdk: Cdk = 'cdktf', tarball?: string): Promise<void> {
  const manifest = join(folder, 'package.json');
  if (!existsSync(manifest)) writeFileSync(manifest, '{ "name": "packed", "version": "1.0.0", "private": true }\n');
  await npmInstall(folder, tarball ?? (await packPackage()), ...peersOf(cdk));
}

/** `npm install` that asks the registry only for what is not in npm's cache. */
async function npmInstall(folder: string, ...packages: string[]): Promise<void> {
  must(await npm(folder, 'install', '--prefer-offline', ...packages), 'npm install');
}

/** Runs npm in a project. */
export function npm(folder: string, ...args: string[]): Promise<ProcessResult> {
  const quietly = ['--no-audit', '--no-fund', '--no-progress', '--loglevel=error'];
  return run('npm', [...args, ...quietly], { cwd: folder, timeoutSec: 240 });
}

/** Type checks files of a project under the strictest rules that a user may have; with `--noEmit false` it writes them as JavaScript. */
export function compile(folder: string, resolution: 'node10' | 'node16', ...args: string[]): Promise<ProcessResult> {
  const compiler = join(PROJECT, 'node_modules', 'typescript', 'bin', 'tsc');
  const module = resolution === 'node10' ? 'commonjs' : 'node16';
  const options = ['--strict', '--target', 'es2022', '--module', module, '--moduleResolution', resolution];
  return run(process.execPath, [compiler, '--noEmit', ...options, ...args], { cwd: folder, timeoutSec: 200 });
}

/** Synthesizes with `node FILE` in a project, and returns the folder of its one stack, ready for Terraform. */
export function synthesizeProject(folder: string, ...command: string[]): Promise<string> {
  return synthesizeWith(process.execPath, folder, ...command);
}

/** As `synthesizeProject`, with a Node of its own. */
export async function synthesizeWith(node: string, folder: string, ...command: string[]): Promise<string> {
  const output = join(folder, 'cdktf.out');
  const environment = { CDKTF_OUTDIR: output, CDKTF_CONTEXT_JSON: undefined, NODE_PATH: undefined };
  const result = await run(node, command, { cwd: folder, env: environment, timeoutSec: 120 });
  must(result, `node ${command.join(' ')}`);
  const stacks = readdirSync(join(output, 'stacks'));
  if (stacks.length !== 1) throw new Error(`one stack was expected, not [${stacks.join(', ')}]`);
  const stackDirectory = join(output, 'stacks', stacks[0]!);
  return stackDirectory;
}

/** Runs Terraform in a stack's folder. */
export function terraformIn(stackDirectory: string, args: readonly string[]): Promise<ProcessResult> {
  const program = process.env.TERRAFORM_BINARY_NAME ?? 'terraform';
  return run(program, args, { cwd: stackDirectory, env: terraformEnvironment(), timeoutSec: 280 });
}

function hashSources(): string {
  const hash = createHash('sha256');
  for (const name of [...SOURCES, ...BUILD]) {
    const path = join(PROJECT, name);
    hash.update(`${name}\0`).update(statSync(path).isDirectory() ? hashDirectory(path) : readFileSync(path));
  }
  return hash.digest('hex').slice(0, 16);
}

/** A package and the version of it that the checkout has, as npm takes it. */
export function atVersion(name: string): string {
  const manifest = join(PROJECT, 'node_modules', name, 'package.json');
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  return `${name}@${version}`;
}

/** Removes what nobody can be installing any more. */
function removeOld(store: string): void {
  for (const name of readdirSync(store)) {
    const file = join(store, name);
    if (Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0) > 3_600_000)
      rmSync(file, { force: true });
  }
}
