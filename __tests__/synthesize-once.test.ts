import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(__dirname, '..');
const COPIED = ['app', 'config-files', 'constructs', 'contract', 'images'];
const COPIED_TOO = ['cdktf.json', 'package.json', 'package-lock.json', 'tsconfig.json'];

/** What a process says that synthesizes once. */
const SCRIPT = `require('./app/synthesize-once').synthesizeOnce().then(({ stackDirectory, webPorts }) => {
  // tsx loads parts of itself when it needs them; the lock of the packages has its version.
  const loaded = Object.keys(require.cache).filter(file => !/\\[eval\\]|node_modules\\/tsx\\//.test(file));
  console.log(JSON.stringify({ stackDirectory, webPorts, loaded }));
});`;

interface Said {
  readonly stackDirectory: string;
  readonly webPorts: readonly number[];
  readonly loaded: readonly string[];
}

let folder: string;
const project = (...names: string[]): string => join(folder, 'project', ...names);

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'ecp-once-')));
  for (const name of [...COPIED, ...COPIED_TOO]) cpSync(join(ROOT, name), project(name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), project('node_modules'));
  run();
});

afterAll(() => rmSync(folder, { recursive: true }));

function run(settings: Readonly<Record<string, string>> = {}): Said {
  // Files of this moment are too young to be remembered.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 40);
  const { PATH, HOME } = process.env;
  const own = {
    DOCKER_CONFIG: join(folder, 'docker'),
    CDKTF_OUTDIR: join(folder, 'out'),
    ECP_STATE_DIR: join(folder, 'state'),
  };
  const { stdout, stderr } = spawnSync('node', ['--require', 'tsx/cjs', '-e', SCRIPT], {
    cwd: project(),
    env: { PATH, HOME, ECP_REHEARSAL_BASE_IMAGE: 'debian:bookworm-slim', ...own, ...settings },
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return JSON.parse(stdout) as Said;
}

const loadsCdktf = ({ loaded }: Said): boolean =>
  loaded.some(file => /node_modules\/(cdktf|constructs|@cdktf)\//.test(file));

const stackOf = ({ stackDirectory }: Said): string => readFileSync(join(stackDirectory, 'cdk.tf.json'), 'utf8');

/** Writes a file anew. */
function edit(name: string, change: (text: string) => string): void {
  writeFileSync(project(name), change(readFileSync(project(name), 'utf8')));
}

test('neither cdktf nor classes of providers are loaded when nothing has changed, and the answer is the same', () => {
  const first = run();
  expect(loadsCdktf(first)).toBe(false);
  expect(first.webPorts).toEqual([81, 8101, 8102]);
});

test('each file that a synthesis loads is looked at', () => {
  rmSync(join(folder, 'out'), { recursive: true });
  const { loaded, stackDirectory } = run();
  expect(loaded.length).toBeGreaterThan(300);
  const { paths } = JSON.parse(readFileSync(join(stackDirectory, '.ecp-synthesis.json'), 'utf8')) as {
    paths: string[];
  };
  expect(loaded.filter(file => !paths.includes(file))).toEqual([]);
  expect(paths.join('\n')).toMatch(/node_modules\/cdktf\/package\.json$/m);
});

test.each<[string, () => void]>([
  ['a construct', () => edit('constructs/ecp-pki.ts', text => `${text}// changed\n`)],
  ['a script of a construct', () => edit('constructs/private/deliver-files.sh', text => `${text}# changed\n`)],
  ['a new source', () => writeFileSync(project('app/new-source.ts'), 'export {};\n')],
  ['a file of the image', () => edit('images/rehearsal/bin/ecp-node', text => `${text}# changed\n`)],
  ['a config file', () => edit('config-files/app-server.json', text => `${text}\n`)],
  ['the lock of the packages', () => edit('package-lock.json', text => `${text}\n`)],
  ['the context', () => edit('cdktf.json', text => text.replace('"appServers": 2', '"appServers": 3'))],
  ['the stack itself', () => writeFileSync(join(folder, 'out', 'stacks', 'ecp-rehearsal', 'cdk.tf.json'), '{}')],
  ['an asset', () => rmSync(join(folder, 'out', 'stacks', 'ecp-rehearsal', 'assets'), { recursive: true })],
])('%s has changed, and the stack is synthesized', (_, change) => {
  run();
  change();
  const changed = run();
  expect(loadsCdktf(changed)).toBe(true);
  const again = run();
  expect(loadsCdktf(again)).toBe(false);
  expect(stackOf(again)).toBe(stackOf(changed));
});

test('a file that was only touched is the same', () => {
  run();
  utimesSync(project('constructs/ecp-pki.ts'), new Date(), new Date());
  expect(loadsCdktf(run())).toBe(false);
});

test('another setting, and a login to a registry, are another stack', () => {
  run();
  expect(loadsCdktf(run({ ECP_LEAF_VALIDITY_HOURS: '24' }))).toBe(true);
  expect(loadsCdktf(run({ ECP_LEAF_VALIDITY_HOURS: '24' }))).toBe(false);
  expect(loadsCdktf(run())).toBe(true);
});
