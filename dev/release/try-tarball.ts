import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { compile, installPackage, synthesizeProject, type Cdk } from '../../__tests__/e2e/support/packed-project';
import { packedStack } from '../../__tests__/e2e/support/packed-stack';
import { must } from '../../__tests__/e2e/support/test-cluster';
import { findForkBindings } from '../fork-bindings';

/*
 * Installs a tarball of `npm pack` into an empty project and synthesizes a stack there, as the suites `package` and `cdktn` do:
 * node --import tsx dev/release/try-tarball.ts FILE
 */

async function tryOn(cdk: Cdk, tarball: string): Promise<void> {
  const project = mkdtempSync(join(tmpdir(), 'ecp-tarball-'));
  try {
    await installPackage(project, cdk, tarball);
    writeFileSync(join(project, 'stack.mts'), packedStack({ clusterName: 'tried', webPort: 8200, cdk }));
    must(await compile(project, 'node16', 'stack.mts', '--noEmit', 'false'), 'tsc');
    await synthesizeProject(project, 'stack.mjs');
    console.log(`installed, compiled and synthesized with ${cdk}`);
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}

async function main(file: string): Promise<void> {
  await tryOn('cdktf', resolve(file));
  if (findForkBindings()) await tryOn('cdktn', resolve(file));
}

main(process.argv[2] ?? '').catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
