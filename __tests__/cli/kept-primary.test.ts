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

function found(env: readonly string[], volumes: readonly string[]): void {
  const facts = { Config: { Env: env, Labels: {} } };
  const server = { name: 'data-server', role: 'data-server', container: 'ecp-data-server', facts } as unknown as Server;
  jest.mocked(findServers).mockResolvedValue([server]);
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
