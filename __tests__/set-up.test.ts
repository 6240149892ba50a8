import { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { TlsProvider } from '@cdktf/provider-tls/lib/provider';
import { App, TerraformStack, Testing } from 'cdktf';
import { existsSync, mkdirSync, mkdtempSync, readlinkSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { EcpCluster, RehearsalImage, useSetUp } from '../constructs';

let folder: string;
let clone: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'ecp-set-up-')));
  clone = join(folder, 'clone');
  mkdirSync(clone);
  for (const name of ['package.json', 'ecp']) writeFileSync(join(clone, name), '');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A clone whose set-up found no registry. */
function setUp(): void {
  mkdirSync(join(clone, '.ecp'));
  writeFileSync(join(clone, '.ecp', 'machine.json'), JSON.stringify({ rehearsalBaseImage: 'own-base:1' }));
  mkdirSync(join(clone, '.providers'));
  writeFileSync(join(clone, '.providers', 'terraform.lock.hcl'), 'provider "x" {}\n');
}

function newStack(): { readonly app: App; readonly stack: TerraformStack } {
  const app = new App({ outdir: join(folder, 'cdktf.out') });
  const stack = new TerraformStack(app, 'demo');
  new DockerProvider(stack, 'docker');
  new TlsProvider(stack, 'tls');
  return { app, stack };
}

const basesOf = (stack: TerraformStack): string[] => {
  const { resource } = JSON.parse(Testing.synth(stack)) as {
    resource: Record<string, Record<string, { name: string }>>;
  };
  return Object.values(resource.docker_image!)
    .map(({ name }) => name.replace(/:[0-9a-f]{12}$/, ''))
    .sort();
};

test('a stack finds the providers and the base image of a set-up elsewhere', () => {
  setUp();
  const { app, stack } = newStack();
  useSetUp(stack, { clone });
  new EcpCluster(stack, 'cluster', { entryPoint: { port: 8300 } });
  expect(basesOf(stack)).toEqual(['ecp-entry-point', 'ecp-rehearsal', 'own-base:1', 'own-base:1']);
  app.synth();
  const link = join(folder, 'cdktf.out/stacks/demo/terraform.d/plugins');
  expect(resolve(dirname(link), readlinkSync(link))).toBe(join(clone, '.providers'));
  expect(existsSync(join(folder, 'cdktf.out/stacks/demo/.terraform.lock.hcl'))).toBe(true);
});

test('a set-up that had to make nothing changes nothing', () => {
  const { app, stack } = newStack();
  useSetUp(stack, { clone });
  new RehearsalImage(stack, 'image');
  expect(basesOf(stack)).toEqual(['debian:bookworm-slim', 'ecp-rehearsal']);
  app.synth();
  expect(existsSync(join(folder, 'cdktf.out/stacks/demo/terraform.d'))).toBe(false);
});

test('what comes too late, or is no clone, is refused', () => {
  setUp();
  const { stack } = newStack();
  new RehearsalImage(stack, 'image');
  expect(() => useSetUp(stack, { clone })).toThrow(
    "'useSetUp' must be called before the first cluster or image of its stack, got 'demo', which has one; move the call up",
  );
  expect(() => useSetUp(stack, { clone: folder })).toThrow(
    `'clone' must be the folder of a clone of this project, where './ecp setup' runs, got '${folder}'; correct it`,
  );
});
