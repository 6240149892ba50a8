// ecp-test: on demand
/** The benchmark in its short form: every part measures something, every tool does everything, and nothing is left behind. */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Part } from '../../bench/measurement';
import { findCompose } from '../../bench/operations/compose-program';
import type { Result } from '../../bench/report/result';
import { parseResult } from '../../bench/report/result-file';
import { run } from '../../cli/process';
import { PROJECT, dockerOk } from './support/test-cluster';

/** Only bounds a benchmark that hangs: a slow machine takes three times as long as a quick one. */
const LIMIT_SEC = 900;

/** docker compose is built once, from its Go module. */
const BUILD_SEC = 1200;

jest.setTimeout((BUILD_SEC + LIMIT_SEC + 30) * 1000);

const PARTS: readonly Part[] = ['synth', 'operations', 'engine', 'image', 'machines', 'backup'];
const ACTIONS = ['deploy', 'no-op', 'add one', 'remove one', 'rotate', 'destroy'];
const TOOLS = ['./ecp', 'cdktf', 'terraform', 'docker compose'];
const QUANTITIES = ['wallSec', 'clientCpuSec', 'daemonCpuSec', 'clientMemoryMb', 'daemonMemoryMb'];

const folder = mkdtempSync(join(tmpdir(), 'ecp-bench-test-'));
let results: Result;

/** Names of the containers, networks and volumes of every cluster that the benchmark makes. */
async function belongings(): Promise<string[]> {
  const format = ['--format', '{{.Label "ecp.cluster"}} {{.ID}}'];
  const containers = await dockerOk('ps', '--all', '--filter', 'label=ecp.cluster', ...format);
  const networks = await dockerOk('network', 'ls', '--filter', 'label=ecp.cluster', ...format);
  const volumes = await dockerOk('volume', 'ls', '--format', '{{.Label "ecp.cluster"}} {{.Name}}');
  const machines = await dockerOk('ps', '--all', '--filter', 'label=ecp.machines', '--format', '{{.Names}}');
  return [containers, networks, volumes, machines]
    .flatMap(text => text.split('\n'))
    .filter(line => /^(ecp-bench| ecp-bench)/.test(line));
}

beforeAll(async () => {
  // Where Go is missing the report says so, which is enough outside of CI.
  await findCompose(true, AbortSignal.timeout(BUILD_SEC * 1000)).catch(() => undefined);
  const { code, stdout, stderr } = await run(
    'npm',
    ['run', 'bench', '--', '--quick', '--only', PARTS.join(','), '--out', folder],
    {
      cwd: PROJECT,
      timeoutSec: LIMIT_SEC,
    },
  );
  // One that ends in -partial lacks parts.
  const [file] = readdirSync(folder).filter(name => /^\d{4}-\d{2}-\d{2}\.json$/.test(name));
  if (code !== 0 || file === undefined)
    throw new Error(`npm run bench ended with code ${code} and the result ${file}\n${stdout}\n${stderr}`);
  results = parseResult(readFileSync(join(folder, file), 'utf8'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each(PARTS)('%s has been measured', part => {
  expect(results.samples.filter(sample => sample.part === part)).not.toEqual([]);
});

it('each value is a quantity of something, not nothing', () => {
  expect(results.samples.filter(({ value }) => !(value > 0))).toEqual([]);
});

it.each(TOOLS)('%s has done each action to two application servers, or the report says why it could not', subject => {
  const left = results.remarks.filter(remark => remark.startsWith(`${subject} is left out: `));
  if (subject === 'docker compose' && left.length > 0 && process.env.CI !== 'true') return;
  const own = results.samples.filter(sample => sample.part === 'operations' && sample.subject === subject);
  const done = ACTIONS.filter(action =>
    QUANTITIES.every(quantity =>
      own.some(each => each.action === action && each.quantity === quantity && each.servers === 2),
    ),
  );
  expect({ done, remarks: results.remarks }).toEqual({ done: ACTIONS, remarks: results.remarks });
});

it('terraform has also made a plan with nothing to do', () => {
  expect(results.samples).toContainEqual(
    expect.objectContaining({ subject: 'terraform', action: 'plan', servers: 2, quantity: 'wallSec' }),
  );
});

it('nothing that it made is left', async () => {
  expect(await belongings()).toEqual([]);
});
