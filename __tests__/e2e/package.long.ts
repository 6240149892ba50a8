import {
  cpSync,
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
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { linkProviders } from '../../app/link-providers';
import { findProgram } from '../../cli/machine/find-program';
import { terraformEnvironment } from '../../cli/machine/terraform';
import { run, type ProcessResult } from '../../cli/process';
import { hashDirectory } from '../../constructs/private/image-build';
import { docker, removeLabelled } from './support/docker';
import {
  compile,
  gitAddress,
  installPackage,
  npm,
  packPackage,
  synthesizeProject,
  terraformIn,
} from './support/packed-project';
import { packedStack } from './support/packed-stack';
import { Steps } from './support/steps';
import { PROJECT, must } from './support/test-cluster';

jest.setTimeout(300_000);

const NAME = 'ecp-package';
const WEB_PORT = 36_000;

const STACK = packedStack({ clusterName: NAME, webPort: WEB_PORT });

/** As cdktf's own template tests a stack. */
const SNAPSHOT_TEST = `
const { Testing } = require('cdktf');
const { EcpCluster } = require('cdktf-iris-ecp');
test('the stack stays as it is', () => {
  const text = Testing.synthScope(scope => new EcpCluster(scope, 'cluster', { clusterName: '${NAME}' }));
  expect(text).toMatchSnapshot();
});
`;

const project = mkdtempSync(join(tmpdir(), `${NAME}-`));
const installed = join(project, 'node_modules', 'cdktf-iris-ecp');
const stackDirectory = join(project, 'cdktf.out', 'stacks', 'platform');

describe('the packed package', () => {
  const story = new Steps();
  const { step, stepOnDemand } = story;

  afterAll(async () => {
    if (story.failed) await printLogs();
    await terraformIn(stackDirectory, ['destroy', '-auto-approve', '-input=false', '-no-color']);
    await removeLabelled(`ecp.cluster=${NAME}`);
    rmSync(project, { recursive: true, force: true });
  });

  step('is installed by npm into an empty project, with all that it asks for', async () => {
    await installPackage(project);
    must(await npm(project, 'ls', '--all'), 'npm ls');
  });

  step(
    'holds compiled constructs, their sources, build contexts, config files and documents, and no more',
    async () => {
      const { stdout } = await run('tar', ['tzf', await packPackage()]);
      const files = stdout
        .trim()
        .split('\n')
        .map(file => file.replace(/^package\//, ''));
      const allowed = [
        /^(LICENSE|README\.md|package\.json)$/,
        /^dist\/(cdktn\/)?(constructs\/((private|platform(\/swarm)?|cis|backup|entry-point|monitoring)\/)?|contract\/)[a-z0-9-]+\.(js|d\.ts)(\.map)?$/,
        /^dist\/(cdktn\/)?constructs\/private\/[a-z-]+\.sh$/,
        /^(constructs\/((private|platform(\/swarm)?|cis|backup|entry-point|monitoring)\/)?|contract\/)[a-z0-9-]+\.ts$/,
        /^config-files\/[a-z-]+(\.schema)?\.json$/,
        /^images\/(backup|entry-point|iris|monitoring|rehearsal)\//,
        /^docs\/([a-z-]+\/)*[\w.-]+\.md$/,
      ];
      expect(files.filter(file => !allowed.some(pattern => pattern.test(file)))).toEqual([]);
      const texts = filesBelow(installed).map(file => readFileSync(file, 'utf8'));
      expect(texts.filter(text => /-----BEGIN [A-Z ]*PRIVATE KEY-----|\.tfstate"/.test(text))).toEqual([]);
      expect(texts.filter(text => text.includes(PROJECT))).toEqual([]);
    },
  );

  step('has JavaScript, typings and maps for every source, and every map leads to a source that is there', () => {
    const sources = ['constructs', 'contract']
      .flatMap(part => filesBelow(join(PROJECT, part)))
      .filter(file => file.endsWith('.ts'));
    for (const source of sources) {
      const name = source.slice(PROJECT.length + 1, -'.ts'.length);
      for (const file of ['', 'cdktn/'].flatMap(tree => ['.js', '.d.ts'].map(ending => `${tree}${name}${ending}`))) {
        const map = join(installed, 'dist', `${file}.map`);
        expect(readFileSync(join(installed, 'dist', file), 'utf8')).toContain('sourceMappingURL=');
        const { sources: from } = JSON.parse(readFileSync(map, 'utf8')) as { sources: string[] };
        expect(from.map(each => resolve(dirname(map), each))).toEqual([join(installed, `${name}.ts`)]);
        expect(readFileSync(join(installed, `${name}.ts`), 'utf8')).toBe(readFileSync(source, 'utf8'));
      }
    }
    expect(sources.length).toBeGreaterThan(20);
    return Promise.resolve();
  });

  step('gives an image the same name as the checkout does', () => {
    for (const engine of ['iris', 'rehearsal'])
      expect(hashDirectory(join(installed, 'images', engine))).toBe(hashDirectory(join(PROJECT, 'images', engine)));
    return Promise.resolve();
  });

  step('has typings for CommonJS and for ES modules, which refuse what is wrong', async () => {
    writeFileSync(join(project, 'stack.cts'), STACK);
    writeFileSync(join(project, 'stack.mts'), STACK);
    writeFileSync(join(project, 'stack.ts'), STACK);
    writeFileSync(join(project, 'wrong.mts'), STACK.replace(`webPort: ${WEB_PORT}`, `webPort: '${WEB_PORT}'`));
    // One run for all, since most of it is reading the bindings' typings; it writes JavaScript of what is wrong too.
    const { stdout } = await compile(project, 'node16', 'stack.cts', 'stack.mts', 'wrong.mts', '--noEmit', 'false');
    expect(stdout).toMatch(
      /^wrong\.mts\(\d+,\d+\): error TS2322: Type 'string' is not assignable to type 'number'\.\s*$/,
    );
    must(await compile(project, 'node10', 'stack.ts'), 'tsc');
  });

  step('synthesizes the same stack from CommonJS and from an ES module, without a path of this machine', async () => {
    expect(await synthesizeProject(project, 'stack.cjs')).toBe(stackDirectory);
    const fromCommonJs = stackText();
    await synthesizeProject(project, 'stack.mjs');
    expect(stackText()).toBe(fromCommonJs);
    for (const path of [project, PROJECT]) expect(fromCommonJs).not.toContain(path);
  });

  step('synthesizes the same stack from TypeScript by tsx', async () => {
    const before = stackText();
    const tsx = pathToFileURL(require.resolve('tsx')).href;
    await synthesizeProject(project, '--import', tsx, 'stack.mts');
    expect(stackText()).toBe(before);
  });

  step("is in a user's snapshot, which holds in another run", async () => {
    writeFileSync(join(project, 'cluster.test.js'), SNAPSHOT_TEST);
    const jest = [require.resolve('jest/bin/jest'), '--rootDir', project];
    must(await run(process.execPath, [...jest, '--ci=false'], { cwd: project, timeoutSec: 120 }), 'jest');
    expect(readFileSync(join(project, '__snapshots__', 'cluster.test.js.snap'), 'utf8')).toContain('docker_container');
    must(await run(process.execPath, [...jest, '--ci'], { cwd: project, timeoutSec: 120 }), 'jest');
  });

  step('synthesizes the same stack where node_modules holds links into a store', async () => {
    const before = stackText();
    const store = join(project, 'store', 'node_modules');
    mkdirSync(store, { recursive: true });
    for (const name of readdirSync(join(project, 'node_modules')).filter(each => !each.startsWith('.'))) {
      const place = join(project, 'node_modules', name);
      renameSync(place, join(store, name));
      symlinkSync(join(store, name), place);
    }
    await synthesizeProject(project, 'stack.cjs');
    expect(stackText()).toBe(before);
  });

  stepOnDemand(
    'is compiled by npm when it is installed from a git address, and synthesizes the same stack',
    async () => {
      const scratch = mkdtempSync(join(tmpdir(), `${NAME}-git-`));
      try {
        const consumer = join(scratch, 'project');
        mkdirSync(consumer);
        await installPackage(consumer, 'cdktf', await gitAddress(scratch));
        cpSync(join(project, 'stack.cjs'), join(consumer, 'stack.cjs'));
        const stack = await synthesizeProject(consumer, 'stack.cjs');
        expect(readFileSync(join(stack, 'cdk.tf.json'), 'utf8')).toBe(stackText());
      } finally {
        rmSync(scratch, { recursive: true, force: true });
      }
    },
  );

  step('is planned and deployed, and every server is Normal', async () => {
    must(await terraformIn(stackDirectory, ['init', '-input=false', '-no-color']), 'terraform init');
    must(await terraformIn(stackDirectory, ['plan', '-out=plan', '-input=false', '-no-color']), 'terraform plan');
    must(await terraformIn(stackDirectory, ['apply', '-input=false', '-no-color', 'plan']), 'terraform apply');
    for (const server of ['data-server', 'app-server-1']) {
      const { stdout } = await docker(['exec', `${NAME}-${server}`, 'ecp-node', 'status']);
      expect(JSON.parse(stdout)).toMatchObject({ server, state: 'Normal' });
    }
  });

  step('is planned by Terraform alone from a copy of cdktf.out, without Node and without the package', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), `${NAME}-without-node-`));
    try {
      for (const name of ['cdktf.out', 'platform.tfstate'])
        cpSync(join(project, name), join(elsewhere, name), { recursive: true, verbatimSymlinks: true });
      const stack = join(elsewhere, 'cdktf.out', 'stacks', 'platform');
      rmSync(join(stack, '.terraform'), { recursive: true });
      linkProviders(stack);
      const { code, stdout, stderr } = await planWithTerraformAlone(elsewhere, stack);
      expect({ code, says: `${stdout}${stderr}` }).toEqual({
        code: 0,
        says: expect.stringContaining('No changes.') as string,
      });
    } finally {
      rmSync(elsewhere, { recursive: true, force: true });
    }
  });

  step('is destroyed, and nothing is left of it', async () => {
    must(await terraformIn(stackDirectory, ['destroy', '-auto-approve', '-input=false', '-no-color']), 'destroy');
    for (const kind of ['container', 'network', 'volume']) {
      const all = kind === 'container' ? ['--all'] : [];
      const left = await docker([kind, 'ls', ...all, '--quiet', '--filter', `label=ecp.cluster=${NAME}`]);
      expect(left.stdout).toBe('');
    }
  });
});

function stackText(): string {
  return readFileSync(join(stackDirectory, 'cdk.tf.json'), 'utf8');
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map(file => join(folder, file))
    .filter(file => statSync(file).isFile());
}

/** PATH has Terraform and nothing else. */
async function planWithTerraformAlone(scratch: string, stack: string): Promise<ProcessResult> {
  const bin = join(scratch, 'bin');
  mkdirSync(bin);
  const program = process.env.TERRAFORM_BINARY_NAME ?? 'terraform';
  symlinkSync(findProgram(program)!, join(bin, 'terraform'));
  const options = { cwd: stack, env: { ...terraformEnvironment(), PATH: bin }, timeoutSec: 120 };
  expect((await run('node', ['--version'], options)).code).toBe(127);
  must(await run('terraform', ['init', '-input=false', '-no-color'], options), 'terraform init');
  return run('terraform', ['plan', '-detailed-exitcode', '-input=false', '-no-color'], options);
}

async function printLogs(): Promise<void> {
  const names = await docker(['ps', '--all', '--filter', `label=ecp.cluster=${NAME}`, '--format', '{{.Names}}']);
  for (const name of names.stdout.split('\n').filter(Boolean)) {
    const { stdout, stderr } = await docker(['logs', '--tail', '60', name], { mayFail: true });
    console.error(`--- ${name}\n${stdout}${stderr}`);
  }
}
