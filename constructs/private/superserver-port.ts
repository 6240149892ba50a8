import { SUPERSERVER_PORT } from '../../contract/contract';
import { Refusal } from '../../contract/refusal';
import type { EcpPublishedPort } from '../platform/server-spec';
import { requireKnown, requirePort } from './validate';

/** Where application servers of other hosts reach a data server. */
export interface EcpSuperserverPort {
  /**
   * Host name or address of the data server's host, as the hosts of application servers know it. The certificate carries it.
   */
  readonly address: string;
  /**
   * Port on that host.
   *
   * @default 1972
   */
  readonly port?: number;
  /**
   * Address of the host that the port is bound to.
   *
   * @default - `address` where that is an IP address, else all of the host
   */
  readonly bindAddress?: string;
}

/**
 * The port as a container publishes it.
 *
 * @throws Error when an address or the port is malformed.
 */
export function publishedSuperserver({ address, port, bindAddress }: EcpSuperserverPort): EcpPublishedPort {
  requireKnown('publish', address);
  if (!/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(address))
    throw new Refusal(`'publish' must have a host name or an IPv4 address, got '${address}'; correct it`);
  requireKnown('publish', port);
  requirePort('publish', port ?? SUPERSERVER_PORT);
  requireKnown('bindAddress', bindAddress);
  if (bindAddress !== undefined && !isAddress(bindAddress))
    throw new Refusal(`'bindAddress' must be an IPv4 address of the host, got '${bindAddress}'; correct it`);
  return { bindAddress: bindAddress ?? (isAddress(address) ? address : '0.0.0.0'), port: port ?? SUPERSERVER_PORT };
}

/** Whether a text is an IPv4 address, rather than a host name. */
export function isAddress(text: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(text);
}
