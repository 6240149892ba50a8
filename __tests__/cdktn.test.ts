import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import ts from 'typescript';
import { run } from '../cli/process';
import { findForkBindings } from '../dev/fork-bindings';
import { onFork, writeForkTree } from '../dev/package/fork-tree';

/*
 * cdktf ended with 0.21. Its fork goes on as `cdktn`, with bindings of its own. A stack takes the constructs for the one from
 * 'cdktf-iris-ecp' and those for the other from 'cdktf-iris-ecp/cdktn'; both are compiled from the same sources.
 */

const ROOT = resolve(__dirname, '..');
const MODULES = join(ROOT, 'node_modules');
const BINDINGS = findForkBindings();

/** Both engines, every construct, an aspect, a backend and an output. */
const STACK = `
const { DockerProvider } = require('@cdktf/provider-docker/lib/provider');
const { TlsProvider } = require('@cdktf/provider-tls/lib/provider');
const { App, Aspects, Fn, LocalBackend, TerraformOutput, TerraformStack } = require('cdktf');
const { CisDockerAspect, EcpCluster, IrisImage, ecpCisWaivers, requireProviderVersions } = require('cdktf-iris-ecp');

const app = new App();
const stack = new TerraformStack(app, 'both');
new LocalBackend(stack, { path: '../../../both.tfstate' });
new DockerProvider(stack, 'docker');
new TlsProvider(stack, 'tls');
requireProviderVersions(stack);
const rehearsal = new EcpCluster(stack, 'rehearsal', {
  clusterName: 'rehearsal',
  dataServerOptions: { webPort: 8200, dataRetention: 'destroy', additionalClients: ['batch'] },
});
rehearsal.dataServer.container.addOverride('shm_size', 256);
const iris = new EcpCluster(stack, 'iris', {
  clusterName: 'iris',
  image: new IrisImage(stack, 'image', { licenseKeyFile: '../iris.key', passwordFile: '../password' }),
  dataServerOptions: { webPort: 8300 },
  appServerWebPortBase: 8310,
  webGateway: {},
});
Aspects.of(stack).add(new CisDockerAspect({ waivers: [...ecpCisWaivers(rehearsal), ...ecpCisWaivers(iris)] }));
new TerraformOutput(stack, 'authority', { value: Fn.sha256(rehearsal.pki.caBundlePem) });
app.synth();
console.log(JSON.stringify(Object.keys(require.cache)));
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ecp-cdktn-'));
  writeFileSync(join(folder, 'iris.key'), 'licence\n');
  writeFileSync(join(folder, 'password'), 'secret\n');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// What brings the bindings is `./ecp test`.
(BINDINGS ? test : test.skip)(
  'the same constructs write the same stack on cdktf and on its living fork, each with its own bindings',
  async () => {
    // WHEN
    const [old, fork] = await Promise.all([synthesizeOn('cdktf'), synthesizeOn('cdktn')]);

    // THEN no module of the one came into the process of the other
    const scopes = (name: string): string[] => [`@${name}/provider-docker`, `@${name}/provider-tls`, name];
    expect([old.packages, fork.packages]).toEqual([scopes('cdktf'), scopes('cdktn')]);
    expect(Object.keys(fork.files).sort()).toEqual(Object.keys(old.files).sort());
    expect(Object.keys(old.files).filter(file => file.endsWith('/Dockerfile'))).toHaveLength(2);

    // THEN versions are all that differs; the fork also formats empty lists in another way
    expect(old.versions).toEqual({
      'manifest.json': '0.21.0',
      'stacks/both/cdk.tf.json': { by: '0.21.0', docker: '>= 4.6.0, < 5.0.0', tls: '>= 4.1.0, < 5.0.0' },
    });
    expect(fork.versions).toEqual({
      'manifest.json': '0.24.0',
      'stacks/both/cdk.tf.json': { by: '0.24.0', docker: '>= 4.6.0, < 5.0.0', tls: '>= 4.4.1, < 5.0.0' },
    });
    for (const [file, content] of Object.entries(old.files))
      expect({ file, content: fork.files[file] }).toEqual({ file, content });
  },
  120_000,
);

test('names of modules are all that the fork changes in compiled code, and nothing moves within a line', () => {
  const code = [
    `const tls_1 = require("@cdktf/provider-tls/lib/private-key"), cdktf_1 = require("cdktf"); // cdktf.out`,
    `export { App } from 'cdktf'; let x: import("cdktf").App; import 'cdktf/lib/x'; import { y } from './cdktf';`,
    `throw new Error("cdktf"); import z from 'cdktf-iris-ecp';`,
  ];
  expect(code.map(onFork)).toEqual([
    `const tls_1 = require("@cdktn/provider-tls/lib/private-key"), cdktf_1 = require("cdktn"); // cdktf.out`,
    `export { App } from 'cdktn'; let x: import("cdktn").App; import 'cdktn/lib/x'; import { y } from './cdktf';`,
    code[2],
  ]);
});

interface Synthesized {
  /** What is below the output folder, by path: text, or what JSON means without the versions in it. */
  readonly files: Readonly<Record<string, unknown>>;
  /** The versions that were taken out, by path. */
  readonly versions: Readonly<Record<string, unknown>>;
  /** Which packages of cdktf's or the fork's modules were loaded from. */
  readonly packages: readonly string[];
}

/** Synthesizes in a process of its own, whose project has one of the two with its bindings, as npm installs them. */
async function synthesizeOn(name: 'cdktf' | 'cdktn'): Promise<Synthesized> {
  const project = join(folder, name);
  const modules = join(project, 'node_modules');
  for (const other of [name, 'constructs', 'ajv']) link(join(MODULES, other), join(modules, other));
  for (const binding of BINDINGS!) {
    const old = binding.name.replace('cdktn', 'cdktf');
    if (name === 'cdktn') link(binding.folder, join(modules, binding.name));
    else link(join(MODULES, old), join(modules, old));
  }
  compileConstructs(join(modules, 'cdktf-iris-ecp'));
  const onOther = onFork(STACK).replace("'cdktf-iris-ecp'", "'cdktf-iris-ecp/cdktn'");
  writeFileSync(join(project, 'stack.js'), name === 'cdktn' ? onOther : STACK);
  // Modules count as where the links are, and not as where they lead to: else the bindings would find the checkout's modules.
  const flags = ['--preserve-symlinks', '--preserve-symlinks-main'];
  const output = join(project, 'cdktf.out');
  // ajv's own dependencies are found by NODE_PATH, which Node asks last.
  const env = { CDKTF_OUTDIR: output, CDKTF_CONTEXT_JSON: undefined, NODE_PATH: MODULES };
  const { code, stdout, stderr } = await run(process.execPath, [...flags, 'stack.js'], {
    cwd: project,
    env,
    timeoutSec: 100,
  });
  if (code !== 0) throw new Error(`${name} ended with code ${code}\n${stdout}${stderr}`);
  const loaded = JSON.parse(stdout.trim().split('\n').pop()!) as string[];
  const found = loaded
    .map(file => /\/node_modules\/(cdkt[fn]|@cdkt[fn]\/[a-z-]+)\//.exec(file)?.[1])
    .filter(each => each !== undefined);
  return { ...readOutput(output), packages: [...new Set(found)].sort() };
}

function link(target: string, place: string): void {
  mkdirSync(dirname(place), { recursive: true });
  symlinkSync(realpathSync(target), place);
}

/** The package as it is packed, without its types. */
function compileConstructs(target: string): void {
  for (const name of ['config-files', 'images']) cpSync(join(ROOT, name), join(target, name), { recursive: true });
  const files = ['constructs', 'contract'].flatMap(part =>
    readdirSync(join(ROOT, part), { recursive: true, encoding: 'utf8' }).map(file => join(part, file)),
  );
  for (const file of files) {
    if (!/\.(ts|sh)$/.test(file)) continue;
    const text = readFileSync(join(ROOT, file), 'utf8');
    const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS, esModuleInterop: true };
    const place = join(target, 'dist', file.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, file.endsWith('.ts') ? ts.transpileModule(text, { compilerOptions }).outputText : text);
  }
  writeForkTree(join(target, 'dist'));
  cpSync(join(ROOT, 'package.json'), join(target, 'package.json'));
}

interface Stack {
  '//': { metadata: { version?: unknown } };
  terraform: { required_providers: Record<string, { version?: unknown }> };
}

function readOutput(output: string): Pick<Synthesized, 'files' | 'versions'> {
  const versions: Record<string, unknown> = {};
  const read = (file: string): unknown => {
    const text = readFileSync(join(output, file), 'utf8');
    if (file === 'manifest.json') {
      const { version, ...manifest } = JSON.parse(text) as Record<string, unknown>;
      versions[file] = version;
      return manifest;
    }
    if (!file.endsWith('/cdk.tf.json')) return text;
    const stack = JSON.parse(text) as Stack;
    const { docker, tls } = stack.terraform.required_providers;
    const holders = { by: stack['//'].metadata, docker: docker!, tls: tls! };
    versions[file] = Object.fromEntries(Object.entries(holders).map(([name, { version }]) => [name, version]));
    for (const holder of Object.values(holders)) delete holder.version;
    return stack;
  };
  const files = readdirSync(output, { recursive: true, encoding: 'utf8' }).filter(file =>
    statSync(join(output, file)).isFile(),
  );
  return { files: Object.fromEntries(files.map(file => [file, read(file)])), versions };
}
