import { EcpCluster, EcpNetwork, EcpPki } from '../constructs';
import { emptyStack } from './synth';

/** The call at the top of the stack of what was thrown. */
function topOf(work: () => unknown): { message: string; top: string; calls: number } {
  try {
    work();
  } catch (error) {
    const { message, stack = '' } = error as Error;
    const [, ...calls] = stack.slice(stack.indexOf(message)).split('\n');
    return { message, top: calls[0] ?? '', calls: calls.length };
  }
  throw new Error('nothing was thrown');
}

test.each<[string, () => unknown]>([
  ['a property', () => new EcpCluster(emptyStack(), 'ecp', { clusterName: 'A' })],
  ['a property of a part', () => new EcpCluster(emptyStack(), 'ecp', { dataServerOptions: { memoryMiB: 1 } })],
  [
    'a file deep inside',
    () => new EcpCluster(emptyStack(), 'ecp', { appServerOptions: { configFile: '/nothing/here.json' } }),
  ],
  ['a name in a method', () => new EcpCluster(emptyStack(), 'ecp').addAppServer('app-server-1')],
  ['a subnet', () => new EcpNetwork(emptyStack(), 'network', { clusterName: 'ecp', subnet: 'x' })],
  ['a static method', () => EcpPki.fromExistingCertificates(emptyStack(), 'pki', { certificates: {} })],
])('the stack of what is refused begins in the file of the user: %s', (_, work) => {
  const { top, calls } = topOf(work);
  expect(top).toContain(__filename);
  expect(calls).toBeLessThanOrEqual(Error.stackTraceLimit);
});

test('a caller without a stack, and a limit of none, have none', () => {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    expect(topOf(() => new EcpCluster(emptyStack(), 'ecp', { clusterName: 'A' })).calls).toBe(0);
    expect(Error.stackTraceLimit).toBe(0);
  } finally {
    Error.stackTraceLimit = limit;
  }
});
