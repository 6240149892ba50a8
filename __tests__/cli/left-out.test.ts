import { requireDataServer } from '../../cli/access/left-out';
import { requireOverlap } from '../../cli/rotation/require-overlap';
import { UserError } from '../../cli/terminal';
import type { Synthesized } from '../../app/synthesize';
import { numbersInState } from '../../app/authority-numbers';
import { trustInUse } from '../../cli/rotation/await-files';

jest.mock('../../app/authority-numbers', () => ({ numbersInState: jest.fn() }));
jest.mock('../../cli/rotation/await-files', () => ({ trustInUse: jest.fn(() => Promise.resolve([])) }));

const silent = [{ node: 'n1', why: 'it said nothing for 10 s' }];

test('nothing is begun without the data server', () => {
  expect(() => requireDataServer({ silent, servers: ['data-server', 'app-server-2'] })).toThrow(
    new UserError(
      'the node n1 does not answer (it said nothing for 10 s), and the data server is there: nothing was changed; bring it back, then run the same command again',
    ),
  );
  expect(() => requireDataServer({ silent, servers: ['app-server-2'] })).not.toThrow();
});

test('a deploy of other authorities waits for a server that cannot be asked which it trusts', async () => {
  const stack = {
    settings: { cluster: 'ecp', appServers: ['app-server-1'] },
    stateFile: '',
    caNumbers: { signingCa: 1, trustedCas: [1, 2] },
  };
  const deploy = (servers: string[]) => requireOverlap(stack as unknown as Synthesized, { silent, servers });
  jest.mocked(numbersInState).mockReturnValue({ signingCa: 1, trustedCas: [1] });
  await expect(deploy(['app-server-2'])).rejects.toThrow('a change of authority would cut app-server-2 off');
  await deploy([]);
  expect(trustInUse).toHaveBeenCalledTimes(1);
  jest.mocked(numbersInState).mockReturnValue({ signingCa: 1, trustedCas: [1, 2] });
  await deploy(['app-server-2']);
});
