import { existsSync, readFileSync } from 'node:fs';
import { LABELS } from '../../contract/contract';
import { formatCidr, overlap, parseCidr, type Ipv4Range } from '../../contract/ipv4-range';
import { tryDocker } from '../access/docker';
import { UserError } from '../terminal';

/** A Docker network with one of its address ranges. */
interface NetworkRange {
  readonly name: string;
  readonly cluster: string;
  readonly range: Ipv4Range;
}

/** Tells in one sentence why a cluster cannot have this subnet; its own present network does not count. */
export async function subnetProblem(cluster: string, subnet: string): Promise<string | undefined> {
  const wanted = parseCidr(subnet);
  if (!wanted) return `The subnet '${subnet}' is not an IPv4 network such as 172.30.0.0/24`;
  if (formatCidr(wanted) !== subnet)
    return `The subnet '${subnet}' is an address within a network: write the network, ${formatCidr(wanted)}`;
  const networks = await listNetworks();
  const taken = networks.find(({ cluster: owner, range }) => owner !== cluster && overlap(range, wanted));
  if (taken)
    return `The subnet ${subnet} overlaps ${formatCidr(taken.range)} of the Docker network '${taken.name}': choose another one, or remove that network`;
  // Docker's own routes are those networks again, the cluster's own one among them.
  const routes = hostRoutes().filter(route => !networks.some(({ range }) => formatCidr(range) === formatCidr(route)));
  const route = routes.find(candidate => overlap(candidate, wanted));
  return route
    ? `The subnet ${subnet} overlaps ${formatCidr(route)}, which this machine has a route to: choose another one`
    : undefined;
}

/** @throws UserError with the sentence of `subnetProblem`, for `up` before it creates anything. */
export async function requireSubnet(cluster: string, subnet: string): Promise<void> {
  const problem = await subnetProblem(cluster, subnet);
  if (problem) throw new UserError(problem);
}

async function listNetworks(): Promise<NetworkRange[]> {
  const ids = (await tryDocker(['network', 'ls', '-q'], { timeoutSec: 30 })).stdout.split('\n').filter(Boolean);
  if (ids.length === 0) return [];
  const format = `{{.Name}}\t{{index .Labels "${LABELS.cluster}"}}\t{{range .IPAM.Config}}{{.Subnet}} {{end}}`;
  const list = await tryDocker(['network', 'inspect', '--format', format, ...ids], { timeoutSec: 30 });
  return list.stdout.split('\n').flatMap(line => {
    const [name = '', cluster = '', subnets = ''] = line.split('\t');
    const ranges = subnets
      .split(' ')
      .map(parseCidr)
      .filter(range => range !== undefined);
    return ranges.map(range => ({ name, cluster, range }));
  });
}

/** The IPv4 routes of this machine but the default one; none where there is no /proc. */
export function hostRoutes(table = '/proc/net/route'): Ipv4Range[] {
  if (!existsSync(table)) return [];
  const rows = readFileSync(table, 'utf8').trim().split('\n').slice(1);
  return rows.flatMap(row => {
    const fields = row.split('\t');
    const [destination, mask] = [fields[1] ?? '', fields[7] ?? ''].map(fromLittleEndian) as [number, number];
    return mask === 0 ? [] : [{ first: destination, last: destination + (2 ** 32 - 1 - mask) }];
  });
}

function fromLittleEndian(hex: string): number {
  return (hex.match(/../g) ?? []).reduceRight((sum, byte) => sum * 256 + parseInt(byte, 16), 0);
}
