import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execIn } from '../../cli/access/container';
import type { Server } from '../../cli/access/servers';
import { readState, stateByMetrics } from '../../cli/access/state-by-metrics';

jest.mock('../../cli/access/container', () => ({
  execIn: jest.fn(() => Promise.resolve({ code: 0, stdout: 'ecp_server_state{state="Normal"} 1\n', stderr: '' })),
}));

const metrics = readFileSync(join(__dirname, '..', '..', 'images', 'rehearsal', 'haproxy', 'metrics.txt'), 'utf8');

test('the state is read from the metrics that the engine serves', () => {
  const served = metrics
    .replaceAll('%H', 'app-server-1')
    .replaceAll('%[env(ECP_ROLE)]', 'app-server')
    .replaceAll('%[var(txn.normal)]', '0')
    .replaceAll('%[var(txn.state)]', 'Not Connected');
  expect(readState(`HTTP/1.0 200 OK\r\ncontent-type: text/plain\r\n\r\n${served}`)).toBe('Not Connected');
});

test.each(['', 'HTTP/1.0 421 Misdirected Request', 'ecp_server_state{state="Normal"} 0'])('%j tells none', text => {
  expect(readState(text)).toBeUndefined();
});

test('a server is asked by a script that ends in the container as well, and only by a name that a script may hold', async () => {
  const witness = { facts: { Id: 'c1' } } as unknown as Server;
  expect(await stateByMetrics(witness, 'app-server-2')).toBe('Normal');
  expect(jest.mocked(execIn).mock.calls[0]?.[1].slice(0, 4)).toEqual(['timeout', '4', 'bash', '-c']);
  for (const name of ['a;reboot', 'a$(reboot)', 'a b', '']) expect(await stateByMetrics(witness, name)).toBeUndefined();
  expect(execIn).toHaveBeenCalledTimes(1);
});
