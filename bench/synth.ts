/**
 * What our own code costs in a synth: `node --import tsx main.ts` against the same imports alone, in turn, as whole processes.
 *
 * usage: node --import tsx bench/synth.ts [RUNS]
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median, spread } from './median';

const project = join(__dirname, '..');
const runs = Number(process.argv[2] ?? 11);
const folder = mkdtempSync(join(tmpdir(), 'ecp-bench-'));
const env = { ...process.env, CDKTF_OUTDIR: join(folder, 'out'), ECP_STATE_DIR: join(folder, 'state') };

function milliseconds(args: readonly string[]): number {
  const start = process.hrtime.bigint();
  const result = spawnSync('node', ['--import', 'tsx', ...args], { cwd: project, env, stdio: 'inherit' });
  if (result.status !== 0) throw new Error(`node ${args.join(' ')} ended with ${result.status}`);
  return Number(process.hrtime.bigint() - start) / 1e6;
}

try {
  const importsOnly = ['bench/imports.ts'];
  milliseconds(importsOnly);
  milliseconds(['main.ts']);
  const pairs = Array.from({ length: runs }, () => ({
    imports: milliseconds(importsOnly),
    synth: milliseconds(['main.ts']),
  }));
  console.log(
    `imports alone:    ${spread(
      pairs.map(pair => pair.imports),
      'ms',
    )}`,
  );
  console.log(
    `imports + synth:  ${spread(
      pairs.map(pair => pair.synth),
      'ms',
    )}`,
  );
  console.log(
    `synth above that: ${spread(
      pairs.map(pair => pair.synth - pair.imports),
      'ms',
    )}, to reach: 150 ms`,
  );
  console.log(`ratio: ${median(pairs.map(pair => pair.synth / pair.imports)).toFixed(2)}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
