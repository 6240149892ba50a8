import { Refusal } from './refusal';

/** A block of IPv4 addresses. */
export interface Ipv4Range {
  readonly first: number;
  readonly last: number;
}

/** Reads CIDR notation; undefined when the text is none. */
export function parseCidr(text: string): Ipv4Range | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  if (!match) return undefined;
  const [bytes, bits] = [match.slice(1, 5).map(Number), Number(match[5])];
  if (bytes.some(byte => byte > 255) || bits > 32) return undefined;
  const address = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  const size = 2 ** (32 - bits);
  const first = Math.floor(address / size) * size;
  return { first, last: first + size - 1 };
}

/** The range in CIDR notation. */
export function formatCidr({ first, last }: Ipv4Range): string {
  const bytes = [24, 16, 8, 0].map(shift => Math.floor(first / 2 ** shift) % 256);
  return `${bytes.join('.')}/${32 - Math.log2(last - first + 1)}`;
}

/** True when the two share an address. */
export function overlap(a: Ipv4Range, b: Ipv4Range): boolean {
  return a.first <= b.last && b.first <= a.last;
}

/** Ranges that no bridge network can use, and what they are for (IANA, Special-Purpose Address Registry). */
const RESERVED: readonly (readonly [string, string])[] = [
  ['0.0.0.0/8', 'no address of a host'],
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'link-local'],
  ['224.0.0.0/4', 'multicast'],
  ['240.0.0.0/4', 'reserved'],
];

/** The range without use for hosts that this one shares an address with, and its name. */
function reservedRange(range: Ipv4Range): { cidr: string; use: string } | undefined {
  const found = RESERVED.find(([cidr]) => overlap(parseCidr(cidr)!, range));
  return found && { cidr: found[0], use: found[1] };
}

/** Addresses for containers: Docker keeps the network's, the gateway's and the broadcast address. */
export function roomOf({ first, last }: Ipv4Range): number {
  return last - first + 1 - 3;
}

/** @throws Error when a subnet is none that a Docker network can have. */
export function requireSubnet(subnet: string): void {
  const range = parseCidr(subnet);
  const bits = Number(subnet.split('/')[1]);
  // In the form that it would be written in: Go, unlike JavaScript, does not take '010.0.0.0/08'.
  if (!range || formatCidr(range) !== subnet || bits < 8 || bits > 29) {
    throw new Refusal(
      `'subnet' must be an IPv4 network address with 8 to 29 bits, such as '172.28.0.0/16', got '${subnet}'; clear the host bits or leave it out`,
    );
  }
  const reserved = reservedRange(range);
  if (!reserved) return;
  throw new Refusal(
    `'subnet' must lie outside ${reserved.cidr} (${reserved.use}), got '${subnet}'; choose a private one, such as '172.28.0.0/16'`,
  );
}
