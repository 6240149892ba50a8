/** What a switch-over does with the answers of the members. */
import { runNode } from '../../cli/access/node';
import type { ServerReport } from '../../cli/access/server-report';
import { reportCluster } from '../../cli/cluster-report';
import { switchOver } from '../../cli/switch-over';
import { recorded } from './recorded-reports';

jest.mock('../../cli/cluster-report', () => ({
  ...jest.requireActual<object>('../../cli/cluster-report'),
  reportCluster: jest.fn(),
}));
jest.mock('../../cli/access/node', () => ({
  ...jest.requireActual<object>('../../cli/access/node'),
  runNode: jest.fn(),
}));

const { report } = recorded('healthy');
const [sample] = report.servers as readonly [ServerReport];

/** The mirror with that member as the primary. */
function mirror(primary: string | undefined, backup = 'active'): void {
  const servers = ['data-server-a', 'data-server-b'].map(name => ({
    ...sample,
    server: { ...sample.server, name },
    status: {
      ...sample.status!,
      mirror: {
        ...{ name: 'ECP', state: '', epoch: 1, mode: 'with', arbiter: 'connected', failover: 'automatic' },
        ...{ role: name === primary ? 'primary' : 'backup', backup },
      },
    },
  }));
  jest.mocked(reportCluster).mockResolvedValue({ ...report, servers });
}

const steps: string[] = [];
const run = (waitSec = 0) => switchOver('ecp', words => steps.push(words), { waitSec });

beforeEach(() => {
  steps.length = 0;
  jest.mocked(runNode).mockReset();
});

test('the primary is told to step down, and the other one is waited for', async () => {
  mirror('data-server-a');
  jest.mocked(runNode).mockImplementation(async () => {
    setTimeout(() => mirror('data-server-b'), 300);
    return Promise.resolve({ code: 0, stdout: '', stderr: '' });
  });
  await expect(run()).resolves.toMatchObject({ mirror: 'ECP', from: 'data-server-a', to: 'data-server-b' });
  expect(jest.mocked(runNode).mock.calls.map(([{ name }, args]) => [name, args])).toEqual([
    ['data-server-a', ['step-down']],
  ]);
  expect(steps[0]).toBe('data-server-a steps down');
});

test('a primary whose backup is slow is asked again, also when it was alone meanwhile', async () => {
  mirror('data-server-a');
  const slow = { code: 3, stdout: '', stderr: 'ecp-node: data-server-b has not confirmed the last writes' };
  jest
    .mocked(runNode)
    .mockImplementationOnce(() => {
      mirror('data-server-a', 'catching up');
      setTimeout(() => mirror('data-server-a'), 600);
      return Promise.resolve(slow);
    })
    .mockImplementationOnce(() => {
      mirror('data-server-b');
      return Promise.resolve({ code: 0, stdout: '', stderr: '' });
    });
  await expect(run()).resolves.toMatchObject({ from: 'data-server-a', to: 'data-server-b' });
  expect(runNode).toHaveBeenCalledTimes(2);
  expect(steps).toContain('the backup is catching up');
});

test('one whose backup stays slow is asked for as long as that', async () => {
  mirror('data-server-a');
  const stderr = 'ecp-node: data-server-b has not confirmed the last writes: this member goes on';
  jest.mocked(runNode).mockResolvedValue({ code: 3, stdout: '', stderr });
  const asked = switchOver('ecp', words => steps.push(words), { slowSec: 1 });
  await expect(asked).rejects.toThrow('data-server-a could not step-down: ecp-node: data-server-b has not confirmed');
  expect(jest.mocked(runNode).mock.calls.length).toBeGreaterThan(2);
});

test('nothing is done while the backup is not active', async () => {
  mirror('data-server-a', 'catching up');
  await expect(run()).rejects.toThrow(
    'the backup of data-server-a must be active before it becomes the primary, and it is catching up: nothing was changed; ./ecp status shows why',
  );
  expect(runNode).not.toHaveBeenCalled();
});

test('a roll waits for it', async () => {
  mirror('data-server-a', 'catching up');
  setTimeout(() => mirror('data-server-a'), 400);
  jest.mocked(runNode).mockImplementation(() => {
    mirror('data-server-b');
    return Promise.resolve({ code: 0, stdout: '', stderr: '' });
  });
  await expect(run(10)).resolves.toMatchObject({ to: 'data-server-b' });
});

test('nothing is done without a mirror, or without a primary', async () => {
  jest.mocked(reportCluster).mockResolvedValue(report);
  await expect(run()).rejects.toThrow("the cluster 'ecp' has no mirror, or no member of it answers");
  mirror(undefined);
  await expect(run()).rejects.toThrow("the mirror of 'ecp' has no primary that could step down");
});

test('what the primary says when it cannot is passed on, and an older image is named', async () => {
  mirror('data-server-a');
  jest.mocked(runNode).mockResolvedValue({ code: 1, stdout: '', stderr: 'ecp-node: the backup did not answer\n' });
  await expect(run()).rejects.toThrow('data-server-a could not step-down: ecp-node: the backup did not answer');
  jest.mocked(runNode).mockResolvedValue({ code: 2, stdout: '', stderr: 'ecp-node: usage: ecp-node status | …' });
  await expect(run()).rejects.toThrow('needs members whose image is of this release');
});
