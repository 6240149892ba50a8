/**
 * How long `./ecp up` takes to all Normal when the image is there, step by step, in a cluster of its own.
 *
 * usage: node --import tsx bench/up.ts [RUNS]
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spread } from './median';

const project = join(__dirname, '..');
const runs = Number(process.argv[2] ?? 5);
const folder = mkdtempSync(join(tmpdir(), 'ecp-bench-'));
const env = {
  ...process.env,
  NO_COLOR: '1',
  ECP_CLUSTER: 'ecp-bench',
  ECP_STATE_DIR: join(folder, 'state'),
  CDKTF_OUTDIR: join(folder, 'out'),
  ECP_DATA_SERVER_WEB_PORT: '24000',
  ECP_APP_SERVER_WEB_PORT_BASE: '24100',
};

function ecp(...args: string[]): { seconds: number; output: string } {
  const start = process.hrtime.bigint();
  const result = spawnSync(join(project, 'ecp'), args, { env, encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`./ecp ${args.join(' ')} failed\n${result.stdout}${result.stderr}`);
  return { seconds: Number(process.hrtime.bigint() - start) / 1e9, output: result.stdout };
}

try {
  ecp('up', '--yes');
  ecp('down', '--volumes', '--yes');
  const totals: number[] = [];
  const noOps: number[] = [];
  const steps = new Map<string, number[]>();
  for (let index = 0; index < runs; index++) {
    const { seconds, output } = ecp('up', '--yes');
    totals.push(seconds);
    for (const [, title = '', took] of output.matchAll(/^✓ (.*) \(([\d.]+) s\)$/gm)) {
      steps.set(title, [...(steps.get(title) ?? []), Number(took)]);
    }
    noOps.push(ecp('up', '--yes').seconds);
    ecp('down', '--volumes', '--yes');
  }
  for (const [title, seconds] of steps) console.log(`${title.padEnd(28)} ${spread(seconds, 's', 1)}`);
  console.log(`${'whole command'.padEnd(28)} ${spread(totals, 's', 1)}, to reach: 20 s`);
  console.log(`${'again, nothing to do'.padEnd(28)} ${spread(noOps, 's', 1)}`);
} finally {
  spawnSync(join(project, 'ecp'), ['down', '--volumes', '--yes'], { env });
  rmSync(folder, { recursive: true, force: true });
}
