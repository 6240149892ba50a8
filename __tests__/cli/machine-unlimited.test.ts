import { rmSync } from 'node:fs';
import { PROJECT } from '../../app/folders';
import { readFacts } from '../../app/machine-facts';
import { unlimitedAt } from '../../app/unlimited';
import type { ContainerFacts } from '../../cli/access/docker';
import { askDaemon, type DaemonFacts } from '../../cli/machine/daemon-facts';
import { rememberSaid, rememberSeen, unlimitedSentence } from '../../cli/machine/unlimited';
import type { StackResource } from '../../cli/terraform/stack-file';

jest.mock('../../app/folders', () => {
  const [os, fs, path] = [
    jest.requireActual('node:os'),
    jest.requireActual('node:fs'),
    jest.requireActual('node:path'),
  ];
  const project = fs.mkdtempSync(path.join(os.tmpdir(), 'ecp-project-'));
  return { PROJECT: project, SCRATCH: path.join(project, '.ecp'), PROVIDERS: path.join(project, '.providers') };
});
jest.mock('../../cli/machine/daemon-facts');

const HOST = 'unix:///rootless.sock';
const ALL = { memory: true, swap: true, cpuShares: true };
const daemon = (identity: string, limits: Partial<DaemonFacts['limits']> = {}): DaemonFacts =>
  ({ identity, limits: { ...ALL, ...limits } }) as DaemonFacts;

const ASKED = ['one', 'two'].map(name => ({
  name,
  memory: 128,
  memory_swap: 128,
  cpu_shares: 1024,
})) as StackResource[] & object[];
const container = (name: string, host: Partial<ContainerFacts['HostConfig']>): ContainerFacts =>
  ({ Name: `/${name}`, HostConfig: { Memory: 1, MemorySwap: 1, CpuShares: 1, ...host } }) as ContainerFacts;

beforeEach(() => {
  rmSync(`${PROJECT}/.ecp`, { recursive: true, force: true });
  jest.mocked(askDaemon).mockResolvedValue(daemon('one'));
});

afterAll(() => rmSync(PROJECT, { recursive: true }));

test('an ordinary daemon leaves no trace', async () => {
  rememberSaid(HOST, daemon('one'));
  expect(await rememberSeen(HOST, ASKED, [container('one', {}), container('two', {})])).toBe(false);
  expect(readFacts()).toEqual({});
  expect(unlimitedSentence(unlimitedAt(HOST))).toBeUndefined();
});

test('what a daemon says of itself is known of it alone, until it says otherwise', () => {
  rememberSaid(HOST, daemon('one', { memory: false }));
  rememberSaid('unix:///other.sock', daemon('other', { swap: false }));
  expect(unlimitedAt(HOST)).toEqual(['memory', 'memory_swap']);
  expect(unlimitedAt('unix:///other.sock')).toEqual(['memory_swap']);
  expect(unlimitedAt('unix:///third.sock')).toEqual([]);
  rememberSaid(HOST, daemon('one'));
  rememberSaid('unix:///other.sock', daemon('other'));
  expect(readFacts()).toEqual({});
});

test('what no container has after an apply is known, once, until the daemon is another', async () => {
  const lacking = ['one', 'two'].map(name => container(name, { CpuShares: 0, MemorySwap: -1 }));
  expect(await rememberSeen(HOST, ASKED, lacking)).toBe(true);
  expect(await rememberSeen(HOST, ASKED, lacking)).toBe(false);
  expect(unlimitedAt(HOST)).toEqual(['memory_swap', 'cpu_shares']);
  rememberSaid(HOST, daemon('one'));
  expect(unlimitedAt(HOST)).toEqual(['memory_swap', 'cpu_shares']);
  rememberSaid(HOST, daemon('upgraded'));
  expect(unlimitedAt(HOST)).toEqual([]);
});

test('what one container lacks is somebody’s doing', async () => {
  const containers = [container('one', { CpuShares: 0, Memory: 0, MemorySwap: -1 }), container('two', {})];
  expect(await rememberSeen(HOST, ASKED, containers)).toBe(false);
});

test('deliveries, and what is not asked for, say nothing', async () => {
  const asked = [{ name: 'one', must_run: false, cpu_shares: 512 }, { name: 'two' }] as StackResource[] & object[];
  const containers = ['one', 'two'].map(name => container(name, { CpuShares: 0, Memory: 0, MemorySwap: -1 }));
  expect(await rememberSeen(HOST, asked, containers)).toBe(false);
});
