import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Synthesized } from '../../app/synthesize';
import { LABELS } from '../../contract/contract';
import { agreeToDeploy, requireOwnCluster, type DeployConsent } from '../../cli/deploy/consent';
import { deployerOf, readDeployedFrom } from '../../cli/deploy/deployed-from';
import { nameByLabels, presentOf } from '../../cli/deploy/present';

jest.mock('../../cli/deploy/present', () => ({
  ...jest.requireActual<object>('../../cli/deploy/present'),
  presentOf: jest.fn(),
}));
jest.mock('../../cli/deploy/deployed-from', () => ({
  ...jest.requireActual<object>('../../cli/deploy/deployed-from'),
  readDeployedFrom: jest.fn(),
}));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ecp-consent-'));
  jest.spyOn(console, 'log').mockImplementation();
  jest.mocked(readDeployedFrom).mockResolvedValue(undefined);
  jest.mocked(presentOf).mockResolvedValue([
    { id: 'a', name: 'data-server' },
    { id: 'b', name: 'app-server-1' },
  ]);
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  jest.restoreAllMocks();
});

const labelsOf = (server: string) =>
  Object.entries({ [LABELS.server]: server, [LABELS.role]: server.replace(/-\d$/, '') }).map(([label, value]) => ({
    label,
    value,
  }));

/** A stack with these servers, whose state knows containers and volumes by these ids. */
function stackOf(names: readonly string[], ids: readonly string[], volumes: readonly string[] = []): Synthesized {
  const container = Object.fromEntries(names.map(name => [name, { labels: labelsOf(name) }]));
  writeFileSync(join(folder, 'cdk.tf.json'), JSON.stringify({ resource: { docker_container: container } }));
  const stateFile = join(folder, 'ecp.tfstate');
  const known = (type: string, id: string) => ({
    mode: 'managed',
    type,
    name: id,
    instances: [{ attributes: { id } }],
  });
  const resources = [...ids.map(id => known('docker_container', id)), ...volumes.map(id => known('docker_volume', id))];
  writeFileSync(stateFile, JSON.stringify({ version: 4, resources }));
  return { settings: { cluster: 'ecp' }, stackDirectory: folder, stateFile } as unknown as Synthesized;
}

const agree = async (stack: Synthesized, consent: DeployConsent): Promise<boolean> =>
  agreeToDeploy(stack, consent, await presentOf('ecp'));

const BOTH = ['data-server', 'app-server-1'];
const NO = { adopt: false, allowDestroy: false };

test.each<[string, readonly string[], readonly string[], readonly string[]]>([
  ['app-server-1', ['data-server'], ['a', 'b'], []],
  ['app-server-1', ['data-server'], ['a'], []],
  ['archive', BOTH, ['a', 'b'], ['ecp-data', 'ecp-data-server-files', 'archive']],
])('%s is not destroyed without a word', async (lost, names, ids, volumes) => {
  const stack = stackOf(names, ids, volumes);
  await expect(agree(stack, { ...NO, adopt: true })).rejects.toThrow(
    `${lost} would be destroyed, since the settings do not have it, and there is no terminal to ask on: keep what is there (./ecp scale N writes a number of servers down), or add --allow-destroy. Nothing was changed`,
  );
  expect(await agree(stack, { ...NO, allowDestroy: true })).toBe(true);
});

test('what was agreed to by name is destroyed, and nothing else', async () => {
  const stack = stackOf(['data-server'], ['a', 'b'], ['archive']);
  const byName = (...agreedLosses: string[]) => agree(stack, { ...NO, agreedLosses });
  expect(await byName('app-server-1', 'archive')).toBe(true);
  await expect(byName('app-server-1')).rejects.toThrow('archive would be destroyed, since');
});

test.each([
  ['data-server', 'data-server', 'data-server'],
  ['app-server', 'batch', 'batch'],
  ['entry-point', 'entry-point', 'entry-point'],
  ['web-gateway', 'batch', 'web-gateway of batch'],
  ['delivery', 'batch', undefined],
  ['gone', '', undefined],
])('a container with the role %s and the server %s is %s', (role, server, name) => {
  expect(nameByLabels({ [LABELS.role]: role, [LABELS.server]: server })).toBe(name);
});

test('a cluster of another state is not taken over without a word', async () => {
  const stack = stackOf(BOTH, ['c']);
  const whose = `the cluster 'ecp' (app-server-1, data-server) is not from the state '${stack.stateFile}', and`;
  await expect(agree(stack, { ...NO, allowDestroy: true })).rejects.toThrow(
    `${whose} nothing says from where; a deploy`,
  );
  jest.mocked(readDeployedFrom).mockResolvedValue('elsewhere:/srv/ecp/ecp.tfstate');
  await expect(agree(stack, NO)).rejects.toThrow(`${whose} it was deployed from elsewhere:/srv/ecp/ecp.tfstate`);
  await expect(requireOwnCluster(stack, false)).rejects.toThrow('add --adopt to remove it from here');
  expect(await agree(stack, { ...NO, adopt: true })).toBe(true);
  await requireOwnCluster(stack, true);
});

test('what an own deploy that was killed has left is its own, and so is a cluster of which one server was made by hand', async () => {
  const killed = stackOf(BOTH, []);
  jest.mocked(readDeployedFrom).mockResolvedValue(deployerOf(killed.stateFile));
  expect(await agree(killed, NO)).toBe(true);
  jest.mocked(readDeployedFrom).mockResolvedValue('elsewhere:/srv/ecp/ecp.tfstate');
  expect(await agree(stackOf(BOTH, ['a']), NO)).toBe(true);
});
