import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { readGtmVersion } from '../../cli/access/engine-version';
import { formatVersions } from '../../cli/commands/version';

const ROOT = join(__dirname, '..', '..');

test('what has no answer is said in words', () => {
  const lines = formatVersions({
    name: 'x',
    version: '1.2.3',
    node: '20.9.0',
    dockerClient: '28.1',
    providers: { 'a/b': '4.5.6' },
    engine: 'iris',
    engineVersion: '2025.1.0.223.0',
  }).split('\n');
  expect(lines[0]).toBe('ecp 1.2.3 (x)');
  expect(lines.slice(1).map(line => line.trim().replace(/ {2,}/, ': '))).toEqual([
    'Node.js: 20.9.0',
    'Docker: no daemon answers (client 28.1)',
    'Terraform: not found',
    'a/b: 4.5.6',
    'InterSystems IRIS: 2025.1.0.223.0',
  ]);
});

test('GT.M says its release among its prompts', () => {
  expect(readGtmVersion('\nGTM>GT.M V7.0-005 Linux x86_64\n\nGTM>')).toBe('GT.M V7.0-005');
  expect(readGtmVersion('bash: mumps: not found')).toBeUndefined();
});

test.each([['--version'], ['-v'], ['version']])(
  '%s ends well although no daemon can be settled on',
  word => {
    const { status, stdout, stderr } = spawnSync('node', ['--require', 'tsx/cjs', 'cli/main.ts', word], {
      cwd: ROOT,
      encoding: 'utf8',
      env: { ...process.env, DOCKER_HOST: '', DOCKER_CONTEXT: 'no-such-context' },
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^ecp \d+\.\d+\.\d+ \(cdktf-iris-ecp\)\n {2}Node\.js +\d/);
  },
  60_000,
);
