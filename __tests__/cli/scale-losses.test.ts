import type { Synthesized } from '../../app/synthesize';
import { synthesizeOnce } from '../../app/synthesize-once';
import { writeContext } from '../../app/context-file';
import { findServers, type Server } from '../../cli/access/servers';
import { scale } from '../../cli/commands/scale';
import { up } from '../../cli/commands/up';
import { lossesOf } from '../../cli/deploy/losses';

jest.mock('../../app/context-file', () => ({ requireContextCounts: jest.fn(), writeContext: jest.fn() }));
jest.mock('../../app/settings', () => ({
  ...jest.requireActual<object>('../../app/settings'),
  loadSettings: () => ({ cluster: 'ecp' }),
}));
jest.mock('../../app/synthesize-once');
jest.mock('../../cli/access/servers');
jest.mock('../../cli/commands/up');
jest.mock('../../cli/deploy/losses');
jest.mock('../../cli/deploy/present');

beforeEach(() => {
  jest.spyOn(console, 'log').mockImplementation();
  jest
    .mocked(synthesizeOnce)
    .mockResolvedValue({ settings: { cluster: 'ecp', appServers: ['app-server-1'] } } as unknown as Synthesized);
  const present = ['data-server', 'app-server-1', 'app-server-2'];
  jest
    .mocked(findServers)
    .mockResolvedValue(present.map(name => ({ name, role: name.replace(/-\d$/, '') }) as unknown as Server));
  jest.mocked(up).mockResolvedValue(0);
});
afterEach(() => jest.resetAllMocks());

const GATEWAY = 'web-gateway of app-server-2';

test('the scaling agrees to the servers that it removes, and up learns their names', async () => {
  jest.mocked(lossesOf).mockReturnValue(['app-server-2', GATEWAY]);
  expect(await scale({ counts: ['1'], assumeYes: true })).toBe(0);
  expect(up).toHaveBeenCalledWith({
    assumeYes: true,
    check: false,
    adopt: false,
    allowDestroy: false,
    agreedLosses: ['app-server-2', GATEWAY],
  });
});

test.each(['entry-point', 'archive', 'web-gateway of app-server-1'])(
  'what else the settings do not have, such as %s, is not agreed to, and nothing is written',
  async other => {
    jest.mocked(lossesOf).mockReturnValue(['app-server-2', other]);
    await expect(scale({ counts: ['1'], assumeYes: true })).rejects.toThrow(
      `${other} would be destroyed, since the settings do not have it, and there is no terminal to ask on: keep it in the settings, or run ./ecp up --allow-destroy first. Nothing was changed`,
    );
    expect(writeContext).not.toHaveBeenCalled();
    expect(up).not.toHaveBeenCalled();
  },
);
