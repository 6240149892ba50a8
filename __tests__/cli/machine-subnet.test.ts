import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostRoutes, requireSubnet, subnetProblem } from '../../cli/machine/subnet';
import { formatCidr, overlap, parseCidr } from '../../contract/ipv4-range';
import { fakeProgram, removeFolders, restoreEnvironment, temporaryFolder, useOnly } from './machine-fakes';

// A network of documentation addresses, which no machine has a route to.
const FREE = '203.0.113.0/24';

function fakeNetwork(name: string, cluster: string, subnets: string): void {
  const folder = temporaryFolder();
  const line = `printf '%s\\t%s\\t%s\\n' '${name}' '${cluster}' '${subnets}'`;
  fakeProgram(folder, 'docker', `[ "$2" = ls ] && echo abc || ${line}`);
  useOnly(folder);
}

afterEach(() => {
  restoreEnvironment();
  removeFolders();
});

test('a subnet that nothing uses is free', async () => {
  fakeNetwork('bridge', '', '172.17.0.0/16 ');
  expect(await subnetProblem('ecp', FREE)).toBeUndefined();
});

test('a Docker network that overlaps is named', async () => {
  fakeNetwork('demo', 'demo', 'fd00::/64 203.0.0.0/16 ');
  await expect(requireSubnet('ecp', FREE)).rejects.toThrow(
    "The subnet 203.0.113.0/24 overlaps 203.0.0.0/16 of the Docker network 'demo': choose another one, or remove that network",
  );
});

test('the cluster’s own network does not count', async () => {
  fakeNetwork('ecp', 'ecp', '203.0.113.0/24 ');
  expect(await subnetProblem('ecp', FREE)).toBeUndefined();
});

test.each([
  ['203.0.113.5/24', "The subnet '203.0.113.5/24' is an address within a network: write the network, 203.0.113.0/24"],
  ['203.0.113.0', "The subnet '203.0.113.0' is not an IPv4 network such as 172.30.0.0/24"],
  ['203.0.113.0/33', "The subnet '203.0.113.0/33' is not an IPv4 network such as 172.30.0.0/24"],
  ['203.0.256.0/24', "The subnet '203.0.256.0/24' is not an IPv4 network such as 172.30.0.0/24"],
])('%s is no subnet', async (subnet, sentence) => {
  expect(await subnetProblem('ecp', subnet)).toBe(sentence);
});

test('the routes of the machine are read, without the default one', () => {
  const table = join(temporaryFolder(), 'route');
  writeFileSync(
    table,
    [
      'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT',
      'eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0',
      'eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
      'docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0',
    ].join('\n'),
  );
  expect(hostRoutes(table).map(formatCidr)).toEqual(['192.0.2.0/24', '172.17.0.0/16']);
  expect(hostRoutes('/nowhere')).toEqual([]);
});

test.each([
  ['10.0.0.0/8', '10.1.2.0/24', true],
  ['10.1.2.0/24', '10.0.0.0/8', true],
  ['10.1.2.0/25', '10.1.2.128/25', false],
  ['0.0.0.0/0', '255.255.255.255/32', true],
])('%s and %s share an address: %s', (a, b, expected) => {
  expect(overlap(parseCidr(a)!, parseCidr(b)!)).toBe(expected);
});
