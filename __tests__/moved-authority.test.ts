import { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { TlsProvider } from '@cdktf/provider-tls/lib/provider';
import { App, TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EcpCluster, movedFrom } from '../constructs';

let outdir: string;
beforeEach(() => {
  outdir = mkdtempSync(join(tmpdir(), 'ecp-moved-'));
});
afterEach(() => rmSync(outdir, { recursive: true }));

/** Synthesizes a stack into the same folder again. @returns warnings about its authority */
function synthesized(make: (stack: TerraformStack) => void): string[] {
  const app = new App({ outdir });
  const stack = new TerraformStack(app, 'demo');
  new DockerProvider(stack, 'docker');
  new TlsProvider(stack, 'tls');
  make(stack);
  app.synth();
  return stack.node
    .findAll()
    .flatMap(({ node }) => node.metadata)
    .filter(({ type, data }) => type === '@cdktf/warn' && /authority/.test(String(data)))
    .map(({ data }) => String(data));
}

const above = (stack: TerraformStack): EcpCluster => new EcpCluster(stack, 'cluster');
const below = (stack: TerraformStack): EcpCluster => new EcpCluster(new Construct(stack, 'platform'), 'cluster');

test('an authority that stays where it is, or is another, is no news', () => {
  expect(synthesized(above)).toEqual([]);
  expect(synthesized(above)).toEqual([]);
  expect(synthesized(stack => new EcpCluster(stack, 'other', { clusterName: 'other' }))).toEqual([]);
});

test('one that an apply would make anew is shown, unless movedFrom keeps it', () => {
  synthesized(above);
  expect(synthesized(below)).toEqual([
    "'ecp ECP CA 1' was at 'cluster/pki/ca-1' and is at 'platform/cluster/pki/ca-1' now: an apply makes a new authority, and no server trusts another until all have its certificates; call movedFrom with the construct that you moved and its old path",
  ]);
  synthesized(above);
  expect(synthesized(stack => movedFrom(below(stack), 'cluster'))).toEqual([]);
});
