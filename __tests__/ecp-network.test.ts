import { EcpNetwork } from '../constructs';
import { emptyStack, resolve, resource, resources } from './synth';

/** What a daemon with settings of its own may say of a network. */
const lifecycle = { ignore_changes: ['ipv6', 'ipam_driver', 'ipam_options'] };

describe('the network of a cluster', () => {
  test('is a bridge of the name of the cluster, with a subnet that Docker chooses', () => {
    // GIVEN
    const stack = emptyStack();

    // WHEN
    const network = new EcpNetwork(stack, 'network', { clusterName: 'ecp' });

    // THEN
    expect(resource(stack, 'docker_network')).toEqual({
      name: 'ecp',
      driver: 'bridge',
      internal: false,
      labels: [{ label: 'ecp.cluster', value: 'ecp' }],
      lifecycle,
    });
    expect(network.internal).toBe(false);
  });

  test('accepts all of its properties', () => {
    // GIVEN
    const stack = emptyStack();

    // WHEN
    const network = new EcpNetwork(stack, 'network', { clusterName: 'blue', subnet: '172.28.0.0/16', internal: true });

    // THEN
    expect(resource(stack, 'docker_network')).toEqual({
      name: 'blue',
      driver: 'bridge',
      internal: true,
      ipam_config: [{ subnet: '172.28.0.0/16' }],
      labels: [{ label: 'ecp.cluster', value: 'blue' }],
      lifecycle,
    });
    expect(network.internal).toBe(true);
  });

  test('is replaced when an attribute that a daemon may set is overridden', () => {
    // GIVEN
    const stack = emptyStack();
    const { network } = new EcpNetwork(stack, 'network', { clusterName: 'ecp' });

    // WHEN
    network.addOverride('ipv6', true);

    // THEN
    expect(resource(stack, 'docker_network').labels).toContainEqual({ label: 'ecp.ipv6', value: 'true' });
  });

  test('is referenced by ID, so that its replacement replaces its servers', () => {
    // GIVEN
    const stack = emptyStack();

    // WHEN
    const network = new EcpNetwork(stack, 'network', { clusterName: 'ecp' });

    // THEN
    const [address] = Object.keys(resources(stack, 'docker_network'));
    expect(resolve(stack, network.networkId)).toBe(`\${docker_network.${address}.id}`);
  });

  test.each(['10.0.0.0/8', '172.28.0.0/16', '192.168.7.8/29', '192.168.7.128/25'])('takes the subnet %s', subnet => {
    const stack = emptyStack();
    new EcpNetwork(stack, 'network', { clusterName: 'ecp', subnet });
    expect(resource(stack, 'docker_network').ipam_config).toEqual([{ subnet }]);
  });

  test.each([
    '',
    '172.28.0.0',
    '172.28.0.0/7',
    '172.28.0.0/30',
    '172.28.0.1/16',
    '192.168.7.4/29',
    '172.256.0.0/16',
    '172.28.0/16',
    ' 172.28.0.0/16',
    'fd00::/64',
    '10.0.0.0/31',
    '10.0.0.1/32',
    '010.0.0.0/8',
    '10.0.0.0/08',
  ])('refuses the subnet %j', subnet => {
    expect(() => new EcpNetwork(emptyStack(), 'network', { clusterName: 'ecp', subnet })).toThrow(
      new Error(
        `'subnet' must be an IPv4 network address with 8 to 29 bits, such as '172.28.0.0/16', got '${subnet}'; clear the host bits or leave it out`,
      ),
    );
  });

  test.each([
    ['0.0.0.0/8', '0.0.0.0/8', 'no address of a host'],
    ['127.1.0.0/16', '127.0.0.0/8', 'loopback'],
    ['169.254.7.0/24', '169.254.0.0/16', 'link-local'],
    ['169.0.0.0/8', '169.254.0.0/16', 'link-local'],
    ['224.0.0.0/24', '224.0.0.0/4', 'multicast'],
    ['239.255.255.248/29', '224.0.0.0/4', 'multicast'],
    ['240.0.0.0/8', '240.0.0.0/4', 'reserved'],
    ['255.255.255.0/24', '240.0.0.0/4', 'reserved'],
  ])('refuses the subnet %s, in which no host can be', (subnet, cidr, use) => {
    expect(() => new EcpNetwork(emptyStack(), 'network', { clusterName: 'ecp', subnet })).toThrow(
      new Error(
        `'subnet' must lie outside ${cidr} (${use}), got '${subnet}'; choose a private one, such as '172.28.0.0/16'`,
      ),
    );
  });

  test.each(['bridge', 'default', 'host', 'ingress', 'nat', 'none'])("refuses Docker's own name '%s'", clusterName => {
    expect(() => new EcpNetwork(emptyStack(), 'network', { clusterName })).toThrow(
      new Error(
        `'clusterName' must not be a word of Docker for its own networks (bridge, default, host, ingress, nat, none), got '${clusterName}'; choose another`,
      ),
    );
  });

  test.each(['docker_gwbridge', 'container:x'])("refuses Docker's own name '%s' as no host name", clusterName => {
    expect(() => new EcpNetwork(emptyStack(), 'network', { clusterName })).toThrow("'clusterName' must be 1 to 63");
  });

  test('refuses a cluster name that cannot be a host name', () => {
    expect(() => new EcpNetwork(emptyStack(), 'network', { clusterName: 'Ecp' })).toThrow(
      new Error(
        "'clusterName' must be 1 to 63 characters of a-z, 0-9 and '-', with a letter or digit at both ends (it becomes a host name), got 'Ecp'",
      ),
    );
  });

  test('refuses a cluster name that is known only after an apply', () => {
    // GIVEN
    const stack = emptyStack();
    const other = new EcpNetwork(stack, 'other', { clusterName: 'other' });

    // THEN
    expect(() => new EcpNetwork(stack, 'network', { clusterName: other.networkId })).toThrow(
      new Error("'clusterName' must be known at synth, got a value of another resource"),
    );
  });
});
