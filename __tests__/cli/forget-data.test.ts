import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { forgetDataVolume, keepDataVolume } from '../../cli/terraform/forget-data';

let folder: string;
let stateFile: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ecp-forget-data-test-'));
  stateFile = join(folder, 'ecp.tfstate');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs with a Terraform that notes what it is called with. @returns its arguments, without those that are always the same */
async function calls(
  forget: typeof forgetDataVolume,
  inState: readonly object[],
  inStack: readonly string[] = [],
): Promise<string[]> {
  const terraform = join(folder, 'terraform');
  writeFileSync(terraform, `#!/bin/sh\necho "$@" >>'${folder}/calls'\n`, { mode: 0o755 });
  const others = { type: 'docker_volume', name: 'files', instances: [{ attributes: { id: 'ecp-data-server-files' } }] };
  writeFileSync(stateFile, JSON.stringify({ version: 4, resources: [others, ...inState] }));
  const volumes = Object.fromEntries(['files', ...inStack].map(name => [name, {}]));
  writeFileSync(join(folder, 'cdk.tf.json'), JSON.stringify({ resource: { docker_volume: volumes } }));
  writeFileSync(join(folder, 'calls'), '');
  const forgot = await forget({ terraform, directory: folder }, stateFile, 'ecp');
  const lines = readFileSync(join(folder, 'calls'), 'utf8').split('\n').filter(Boolean);
  expect(forgot).toBe(lines.length > 0);
  return lines.map(line => line.replace(`state rm -lock-timeout=300s -backup=${stateFile}.backup `, ''));
}

const data = (instance: object = {}, name = 'data') => ({
  type: 'docker_volume',
  name,
  instances: [{ attributes: { id: 'ecp-data' }, ...instance }],
});

test('a state forgets the data volume, whatever its address, and no other', async () => {
  expect(await calls(forgetDataVolume, [])).toEqual([]);
  expect(await calls(forgetDataVolume, [data(), data({}, 'moved')], ['data'])).toEqual([
    'docker_volume.data docker_volume.moved',
  ]);
});

test('before a plan it forgets only what that plan could remove', async () => {
  expect(await calls(keepDataVolume, [data()], ['data'])).toEqual([]);
  expect(await calls(keepDataVolume, [data()])).toEqual(['docker_volume.data']);
  expect(await calls(keepDataVolume, [data({}, 'old')], ['data'])).toEqual(['docker_volume.old']);
  expect(await calls(keepDataVolume, [data({ status: 'tainted' })], ['data'])).toEqual(['docker_volume.data']);
  expect(await calls(keepDataVolume, [data({ deposed: '0a1b2c3d' })], ['data'])).toEqual(['docker_volume.data']);
});

test('a Terraform that cannot forget ends the command in its own words', async () => {
  await calls(forgetDataVolume, [data()]);
  writeFileSync(join(folder, 'terraform'), '#!/bin/sh\necho "no room" >&2\nexit 1\n');
  await expect(
    forgetDataVolume({ terraform: join(folder, 'terraform'), directory: folder }, stateFile, 'ecp'),
  ).rejects.toThrow('terraform state rm failed:\nno room');
});
