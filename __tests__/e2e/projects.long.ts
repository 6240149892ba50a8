// ecp-test: on demand
/** The packed package in the projects that its users have: of the framework's own template, of pnpm, and under later versions of Node. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../cli/process';
import {
  atVersion,
  installPackage,
  npm,
  packPackage,
  packedProject,
  peersOf,
  synthesizeProject,
  synthesizeWith,
} from './support/packed-project';
import { packedStack } from './support/packed-stack';
import { Steps } from './support/steps';
import { PROJECT, must } from './support/test-cluster';

jest.setTimeout(300_000);

const NAME = 'ecp-projects';
const STACK = packedStack({ clusterName: NAME, webPort: 37_000 });
const TEMPLATE = join(PROJECT, 'node_modules', 'cdktf-cli', 'bundle', 'templates', 'typescript');

/** What the template installs beside cdktf, with a TypeScript that ts-node and ts-jest know. */
const OF_THE_TEMPLATE = ['jest', '@types/jest', '@types/node', 'typescript', 'ts-jest@29.4.15', 'ts-node@10.9.2'];

const PNPM = 'pnpm@10.15.0';
const NODES = ['22.23.3', '24.21.0'];

/** As the template's own test has it, uncommented. */
const TEMPLATE_TEST = `
import 'cdktf/lib/testing/adapters/jest';
import { Container } from '@cdktf/provider-docker/lib/container';
import { Testing } from 'cdktf';
import { EcpCluster } from 'cdktf-iris-ecp';

describe('My CDKTF Application', () => {
  const text = Testing.synthScope(scope => {
    new EcpCluster(scope, 'cluster', { clusterName: '${NAME}' });
  });
  it('should contain a server', () => {
    expect(text).toHaveResourceWithProperties(Container, { name: '${NAME}-data-server' });
  });
  it('stays as it is', () => {
    expect(text).toMatchSnapshot();
  });
});
`;

const { step } = new Steps();
const scratch = mkdtempSync(join(tmpdir(), `${NAME}-`));
const projects = [scratch];
/** What the package's users get everywhere. */
let expected: string;

afterAll(() => {
  for (const folder of projects) rmSync(folder, { recursive: true, force: true });
});

describe('the packed package', () => {
  step('is synthesized by ts-node and tested by ts-jest in a project of the template', async () => {
    const project = join(scratch, 'template');
    cpSync(TEMPLATE, project, { recursive: true });
    for (const file of ['package.json', 'cdktf.json', 'main.ts']) {
      const text = readFileSync(join(project, file), 'utf8');
      writeFileSync(join(project, file), text.replace(/\{\{futureFlags\}\}/, '').replace(/\{\{ ?\$base ?\}\}/, 'mine'));
    }
    await installPackage(project);
    const versions = OF_THE_TEMPLATE.map(name => (/.@/.test(name) ? name : atVersion(name)));
    must(await npm(project, 'install', '--prefer-offline', '--save-dev', ...versions), 'npm install');
    writeFileSync(join(project, 'main.ts'), STACK.replaceAll('/index.js', ''));
    writeFileSync(join(project, '__tests__', 'main-test.ts'), TEMPLATE_TEST);
    expected = textOf(await synthesizeProject(project, 'node_modules/ts-node/dist/bin.js', 'main.ts'));
    expect(expected).toContain(`${NAME}-data-server`);
    for (const ci of ['--ci=false', '--ci'])
      must(await run('npx', ['jest', ci], { cwd: project, timeoutSec: 120 }), 'jest');
    expect(readdirSync(join(project, '__tests__', '__snapshots__'))).toEqual(['main-test.ts.snap']);
  });

  step('is the same stack in a project of pnpm', async () => {
    const pnpm = join(scratch, 'pnpm');
    mkdirSync(pnpm);
    must(await npm(pnpm, 'install', '--prefer-offline', '--prefix', pnpm, PNPM), 'npm install');
    const project = join(scratch, 'of-pnpm');
    mkdirSync(project);
    writeFileSync(join(project, 'package.json'), '{ "name": "of-pnpm", "version": "1.0.0", "private": true }\n');
    const program = join(pnpm, 'node_modules', 'pnpm', 'bin', 'pnpm.cjs');
    const add = [program, 'add', '--store-dir', join(scratch, 'store'), await packPackage(), ...peersOf('cdktf')];
    must(await run(process.execPath, add, { cwd: project, timeoutSec: 240 }), 'pnpm add');
    writeFileSync(join(project, 'main.mjs'), javaScript(STACK));
    expect(textOf(await synthesizeProject(project, 'main.mjs'))).toBe(expected);
  });

  step(`is the same stack under Node ${NODES.join(' and ')}`, async () => {
    const project = await packedProject(NAME);
    projects.push(project);
    writeFileSync(join(project, 'main.mjs'), javaScript(STACK));
    for (const version of NODES) {
      const prefix = join(scratch, version);
      mkdirSync(prefix);
      const name = `node-${process.platform}-${process.arch}`;
      must(await npm(prefix, 'install', '--prefer-offline', '--prefix', prefix, `${name}@${version}`), 'npm install');
      const node = join(prefix, 'node_modules', name, 'bin', 'node');
      expect(must(await run(node, ['--version']), 'node').trim()).toBe(`v${version}`);
      expect(textOf(await synthesizeWith(node, project, 'main.mjs'))).toBe(expected);
    }
  });
});

const textOf = (stack: string): string => readFileSync(join(stack, 'cdk.tf.json'), 'utf8');

/** The stack without its one type. */
const javaScript = (stack: string): string =>
  stack.replace(', type EcpClusterProps', '').replace('props: EcpClusterProps', 'props');
