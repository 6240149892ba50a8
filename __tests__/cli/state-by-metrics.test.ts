import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readState } from '../../cli/access/state-by-metrics';

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
