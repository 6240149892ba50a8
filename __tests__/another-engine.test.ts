import { EcpCluster, type EcpConfigFile, type EcpImage } from '../constructs';
import { container, emptyStack, labels } from './synth';

/** An engine that nothing here knows: what a third party would bring. */
function engineX(checked: EcpConfigFile[]): EcpImage {
  return {
    imageId: 'sha256:x',
    engine: 'x',
    features: { predefinedVariables: true },
    checkConfig: config => void checked.push(config),
    env: ({ role }) => ({ X_ROLE: role }),
    capabilitiesAdd: ['SYS_NICE'],
    noNewPrivileges: true,
    readOnlyRoot: true,
    tmpfs: [{ path: '/scratch', sizeMiB: 5, mode: '0750' }],
    defaults: { memoryMiB: 300, startTimeoutSec: 9, stopTimeoutSec: 3 },
  };
}

test('a cluster accepts an engine with any name', () => {
  const checked: EcpConfigFile[] = [];
  const stack = emptyStack();
  new EcpCluster(stack, 'cluster', { image: engineX(checked), appServers: ['app-server-1'] });
  const server = container(stack, 'ecp-data-server');
  expect(labels(server)['ecp.engine']).toBe('x');
  expect(server).toMatchObject({
    env: expect.arrayContaining(['X_ROLE=data-server', 'ECP_ROLE=data-server']) as string[],
    capabilities: { add: ['CAP_SYS_NICE'] },
    tmpfs: { '/scratch': 'rw,noexec,nosuid,nodev,size=5m,uid=51773,gid=51773,mode=0750' },
    memory: 300,
    wait_timeout: 9,
    stop_timeout: 3,
  });
  expect(checked.map(({ role, keyAlgorithm }) => [role, keyAlgorithm])).toEqual([
    ['data-server', 'RSA'],
    ['app-server', 'RSA'],
  ]);
});
