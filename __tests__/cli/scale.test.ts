import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const project = (): string => readFileSync(join(ROOT, 'cdktf.json'), 'utf8');

test.each([
  [[], {}, `'N' must be a number of application servers from 1 to 254, got none; for example: ./ecp scale 3`],
  [['0'], {}, `'N' must be a number of application servers from 1 to 254, got '0'; for example: ./ecp scale 3`],
  [['2', '3'], {}, `'N' must be a number of application servers from 1 to 254, got '2 3'; for example: ./ecp scale 3`],
  [
    ['3'],
    { ECP_APP_SERVERS: '2' },
    `'ECP_APP_SERVERS' must be unset for a value that lasts, since it overrides 'appServers' in cdktf.json, got '2'; unset it, or change it there`,
  ],
  [
    ['3'],
    { ECP_CLUSTER: 'elsewhere' },
    `'cluster' in cdktf.json must be 'elsewhere' for a value that lasts, got 'ecp', which would get the value too; correct it there, or use ECP_APP_SERVERS for 'elsewhere'`,
  ],
])(
  'scale %j with %j is refused in one sentence, and nothing is written',
  (words, environment, sentence) => {
    const before = project();
    const { status, stdout, stderr } = spawnSync('node', ['--require', 'tsx/cjs', 'cli/main.ts', 'scale', ...words], {
      cwd: ROOT,
      encoding: 'utf8',
      // What is not refused must not come far.
      env: { ...process.env, DOCKER_HOST: 'unix:///nowhere.sock', ...environment },
    });
    expect({ status, stdout, stderr }).toEqual({ status: 2, stdout: '', stderr: `error: ${sentence}\n` });
    expect(project()).toBe(before);
  },
  60_000,
);
