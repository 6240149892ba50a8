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

/*
 * cdktf ended with 0.21. Its fork goes on as `cdktn`, and an npm alias puts it in the place of `cdktf`: for this package, for the provider
 * bindings and for the user's own stacks. The same compiled constructs run here on either.
 */

const ROOT = resolve(__dirname, '..');
const MODULES = join(ROOT, 'node_modules');

/** Both engines, every construct, an aspect, a backend and an output. */
const STACK = `
const { DockerProvider } = require('@cdktf/provider-docker/lib/provider');
const { TlsProvider } = require('@cdktf/provider-tls/lib/provider');
const { App, Aspects, Fn, LocalBackend, TerraformOutput, TerraformStack } = require('cdktf');
const { CisDockerAspect, EcpCluster, IrisImage, ecpCisWaivers, requireProviderVersions } = require('cdktf-iris-ecp');
const { realpathSync } = require('node:fs');

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
console.log(JSON.stringify(Object.keys(require.cache).map(file => realpathSync(file))));
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ecp-cdktn-'));
  writeFileSync(join(folder, 'iris.key'), 'licence\n');
  writeFileSync(join(folder, 'password'), 'secret\n');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the same constructs write the same stack on cdktf and on its living fork', async () => {
  // WHEN
  const [old, fork] = await Promise.all([synthesizeOn('cdktf'), synthesizeOn('cdktn')]);

  // THEN all modules, the bindings' too, came from the one or the other
  expect([old.packages, fork.packages]).toEqual([['cdktf'], ['cdktn']]);
  expect(Object.keys(fork.files).sort()).toEqual(Object.keys(old.files).sort());
  expect(Object.keys(old.files).filter(file => file.endsWith('/Dockerfile'))).toHaveLength(2);

  // THEN the version that each writes down is all that differs; the fork also formats empty lists in another way
  expect([old.versions, fork.versions]).toEqual([Array(2).fill('0.21.0'), Array(2).fill('0.24.0')]);
  for (const [file, content] of Object.entries(old.files))
    expect({ file, content: fork.files[file] }).toEqual({ file, content });
}, 120_000);

interface Synthesized {
  /** What is below the output folder, by path: text, or what JSON means without the version of cdktf. */
  readonly files: Readonly<Record<string, unknown>>;
  /** The versions that were taken out. */
  readonly versions: readonly unknown[];
  /** Which of the two packages modules were loaded from. */
  readonly packages: readonly string[];
}

/** Synthesizes in a process of its own, whose project has the package in the place of `cdktf`. */
async function synthesizeOn(name: 'cdktf' | 'cdktn'): Promise<Synthesized> {
  const project = join(folder, name);
  const modules = join(project, 'node_modules');
  link(join(MODULES, name), join(modules, 'cdktf'));
  for (const other of ['constructs', '@cdktf/provider-docker', '@cdktf/provider-tls', 'ajv'])
    link(join(MODULES, other), join(modules, other));
  compileConstructs(join(modules, 'cdktf-iris-ecp'));
  writeFileSync(join(project, 'stack.js'), STACK);
  // Modules count as where the links are, and not as where they lead to: else the bindings would find the checkout's cdktf.
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
    .map(file => /\/node_modules\/(cdkt[fn])\/lib\//.exec(file)?.[1])
    .filter(each => each !== undefined);
  return { ...readOutput(output), packages: [...new Set(found)] };
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
  writeFileSync(join(target, 'package.json'), '{ "name": "cdktf-iris-ecp", "main": "dist/constructs/index.js" }\n');
}

/** What stands where a version is written: in the manifest, and in the metadata of the stack. */
interface Versioned {
  version?: unknown;
  '//'?: { metadata: { version?: unknown } };
}

function readOutput(output: string): Pick<Synthesized, 'files' | 'versions'> {
  const versions: unknown[] = [];
  const read = (file: string): unknown => {
    const text = readFileSync(join(output, file), 'utf8');
    if (!/^(manifest|.*\/cdk\.tf)\.json$/.test(file)) return text;
    const document = JSON.parse(text) as Versioned;
    const holder = document['//']?.metadata ?? document;
    versions.push(holder.version);
    delete holder.version;
    return document;
  };
  const files = readdirSync(output, { recursive: true, encoding: 'utf8' }).filter(file =>
    statSync(join(output, file)).isFile(),
  );
  return { files: Object.fromEntries(files.map(file => [file, read(file)])), versions };
}
