// ecp-test: on demand
// ecp-test: cdktn
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { docker, exec, removeLabelled } from './support/docker';
import { DeployedStack } from './support/example-projects';
import { compile, installPackage, npm, synthesizeProject, type Cdk } from './support/packed-project';
import { packedStack } from './support/packed-stack';
import { Steps } from './support/steps';
import { PROJECT, must, printLogs } from './support/test-cluster';

jest.setTimeout(300_000);

const TSX = pathToFileURL(join(PROJECT, 'node_modules', 'tsx', 'dist', 'loader.mjs')).href;

/** A project of one cluster, of which nothing is left in the end. */
class Project {
  readonly folder = mkdtempSync(join(tmpdir(), 'ecp-cdktn-'));
  readonly stack = new DeployedStack(join(this.folder, 'cdktf.out', 'stacks', 'platform'), {});

  constructor(
    readonly clusterName: string,
    readonly webPort: number,
  ) {}

  async synthesize(cdk: Cdk): Promise<void> {
    writeFileSync(join(this.folder, 'stack.mts'), packedStack({ ...this, cdk }));
    await synthesizeProject(this.folder, '--import', TSX, 'stack.mts');
  }

  /** Ids of all containers, deliveries too. */
  async containers(): Promise<string[]> {
    const filter = ['--filter', `label=ecp.cluster=${this.clusterName}`];
    return (await docker(['ps', '--all', '--no-trunc', '--format', '{{.Names}} {{.ID}}', ...filter])).stdout
      .trim()
      .split('\n')
      .sort();
  }

  async expectNormal(): Promise<void> {
    for (const server of ['data-server', 'app-server-1']) {
      const { stdout } = await exec(`${this.clusterName}-${server}`, ['ecp-node', 'status']);
      expect(JSON.parse(stdout)).toMatchObject({ server, state: 'Normal' });
    }
  }

  async destroy(): Promise<void> {
    await this.stack.terraform(['destroy', '-auto-approve', '-input=false', '-no-color']);
    expect(await this.containers()).toEqual(['']);
  }

  async remove(failed: boolean): Promise<void> {
    if (failed) await printLogs({ name: this.clusterName });
    await removeLabelled(`ecp.cluster=${this.clusterName}`);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

describe('a project on the fork with its own bindings', () => {
  const story = new Steps();
  const { step } = story;
  const project = new Project('ecp-fork', 61_000);
  afterAll(() => project.remove(story.failed));

  step('is installed by npm without an alias or an override, and nothing of cdktf comes along', async () => {
    await installPackage(project.folder, 'cdktn');
    must(await npm(project.folder, 'ls', '--all'), 'npm ls');
    const manifest = JSON.parse(readFileSync(join(project.folder, 'package.json'), 'utf8')) as object;
    expect(manifest).not.toHaveProperty('overrides');
    expect(JSON.stringify(manifest)).not.toContain('npm:');
    const installed = await npm(project.folder, 'ls', '--all', '--parseable');
    expect(installed.stdout).toMatch(/node_modules\/@cdktn\/provider-docker$/m);
    expect(installed.stdout).not.toMatch(/node_modules\/(@cdktf\/.*|cdktf)$/m);
  });

  step('has typings for CommonJS and for ES modules, which refuse what is wrong', async () => {
    const text = packedStack({ ...project, cdk: 'cdktn' });
    for (const file of ['stack.cts', 'stack.mts', 'stack.ts']) writeFileSync(join(project.folder, file), text);
    writeFileSync(join(project.folder, 'wrong.mts'), text.replace(/webPort: \d+/, "webPort: 'none'"));
    const { stdout } = await compile(project.folder, 'node16', 'stack.cts', 'stack.mts', 'wrong.mts');
    expect(stdout).toMatch(
      /^wrong\.mts\(\d+,\d+\): error TS2322: Type 'string' is not assignable to type 'number'\.\s*$/,
    );
    must(await compile(project.folder, 'node10', 'stack.ts'), 'tsc');
  });

  step('is deployed, and every server is Normal', async () => {
    await project.synthesize('cdktn');
    await project.stack.terraform(['init', '-input=false', '-no-color']);
    await project.stack.apply();
    await project.expectNormal();
  });

  step('has nothing to change in a second plan', async () => {
    expect(await project.stack.changes()).toEqual([]);
  });

  step('is destroyed, and nothing is left of it', () => project.destroy());
});

describe('a cluster that cdktf deployed', () => {
  const story = new Steps();
  const { step } = story;
  const project = new Project('ecp-moved', 61_500);
  afterAll(() => project.remove(story.failed));

  step('holds data', async () => {
    await installPackage(project.folder, 'cdktf');
    await project.synthesize('cdktf');
    await project.stack.terraform(['init', '-input=false', '-no-color']);
    await project.stack.apply();
    await exec('ecp-moved-app-server-1', ['ecp-node', 'set', '^demo.moved'], { input: 'kept' });
  });

  step('moves on to the fork and its bindings, and nothing is replaced or changed', async () => {
    const before = await project.containers();
    must(await npm(project.folder, 'uninstall', 'cdktf', '@cdktf/provider-docker', '@cdktf/provider-tls'), 'npm');
    await installPackage(project.folder, 'cdktn');
    await project.synthesize('cdktn');
    await project.stack.terraform(['init', '-upgrade', '-input=false', '-no-color']);
    expect(await project.stack.changes()).toEqual([]);
    await project.stack.apply();
    expect(await project.containers()).toEqual(before);
    await project.expectNormal();
    const { stdout } = await exec('ecp-moved-data-server', ['ecp-node', 'get', '^demo.moved']);
    expect(stdout.trim()).toBe('kept');
  });

  step('is destroyed from there', () => project.destroy());
});
