/** What a change between one data server and a mirror finds of before. */
import { readSettings } from '../../app/settings';
import { tryDocker } from '../../cli/access/docker';
import { findServers, type Server } from '../../cli/access/servers';
import { requireKeptPrimary } from '../../cli/deploy/kept-primary';

jest.mock('../../cli/access/docker', () => ({ tryDocker: jest.fn() }));
jest.mock('../../cli/access/servers', () => ({
  ...jest.requireActual<object>('../../cli/access/servers'),
  findServers: jest.fn(),
}));

const MIRRORED = readSettings({ mirror: true }, {});
const SINGLE = readSettings({}, {});

function found(
  env: readonly string[],
  volumes: readonly string[],
  mounted: Readonly<Record<string, string>> = {},
): void {
  const names = Object.keys(mounted).length > 0 ? Object.keys(mounted) : ['data-server'];
  const servers = names.map(name => {
    const mounts = [{ Type: 'volume', Destination: '/durable', Name: mounted[name] }];
    const facts = { Config: { Env: env, Labels: { 'ecp.role': 'data-server' } }, Mounts: mounts };
    return { name, role: 'data-server', container: `ecp-${name}`, facts } as unknown as Server;
  });
  jest.mocked(findServers).mockResolvedValue(servers);
  jest
    .mocked(tryDocker)
    .mockImplementation(([, , name = '']) =>
      Promise.resolve({ code: volumes.includes(name) ? 0 : 1, stdout: '', stderr: '' }),
    );
}

test('a mirror is not turned on over data that an earlier one has left', async () => {
  found([], ['ecp-data-server-b.data']);
  await expect(requireKeptPrimary(MIRRORED)).rejects.toThrow(
    "the volume ecp-data-server-b.data must be gone before the mirror is turned on, since the second member of an earlier one has left it: docker volume rm ecp-data-server-b.data, and that member gets a copy of the first one's data. Nothing was changed",
  );
});

test('it is where there is none, and a mirror that lost a container has its own', async () => {
  found([], ['ecp-data']);
  await expect(requireKeptPrimary(MIRRORED)).resolves.toBeUndefined();
  found(['ECP_MIRROR=ECP'], ['ecp-data', 'ecp-data-server-b.data']);
  await expect(requireKeptPrimary(MIRRORED)).resolves.toBeUndefined();
});

test('without a mirror nothing is asked', async () => {
  found([], ['ecp-data-server-b.data']);
  await expect(requireKeptPrimary(SINGLE)).resolves.toBeUndefined();
});

test('members keep their volumes, whatever order they are given in', async () => {
  const mounted = { 'data-server-a': 'ecp-data', 'data-server-b': 'ecp-data-server-b.data' };
  found(['ECP_MIRROR=ECP'], [], mounted);
  await expect(requireKeptPrimary(MIRRORED)).resolves.toBeUndefined();
  const swapped = readSettings({ mirror: true, mirrorMembers: ['data-server-b', 'data-server-a'] }, {});
  await expect(requireKeptPrimary(swapped)).rejects.toThrow(
    "'mirrorMembers' must keep its order, since the first member has the volume ecp-data, got data-server-b, data-server-a; ./ecp switch-over makes the other member the primary. Nothing was changed",
  );
});

test('a change between one data server and a mirror that was cut short goes on', async () => {
  found([], [], { 'data-server': 'ecp-data', 'data-server-b': 'ecp-data-server-b.data' });
  await expect(requireKeptPrimary(MIRRORED)).resolves.toBeUndefined();
});
