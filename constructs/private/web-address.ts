import { WEB_ADDRESS } from '../../contract/contract';
import { Refusal } from '../../contract/refusal';
import { isAddress } from './superserver-port';
import { requireKnownProps } from './validate';

/** Who reaches the web port of a server, or of all of a cluster. */
export interface EcpWebAddress {
  /**
   * IPv4 address of the server's host that its web port is bound to; `0.0.0.0` is all of the host. A change replaces what publishes it.
   *
   * @default "127.0.0.1"
   */
  readonly webBindAddress?: string;
  /**
   * Accepts a `webBindAddress` that other hosts reach. The pages and metrics of the rehearsal engine and the metrics of InterSystems IRIS
   * ask for no password, and nothing there is encrypted. The rehearsal engine answers to addresses and to names without a dot alone.
   *
   * @default false
   */
  readonly allowPublicWebPorts?: boolean;
}

/** Those of one server, where some hold for all. What was accepted of one address is not accepted of another. */
export function withSharedAddress(own: EcpWebAddress, shared: EcpWebAddress): EcpWebAddress {
  const { webBindAddress, allowPublicWebPorts } = own.webBindAddress === undefined ? { ...shared, ...own } : own;
  return { webBindAddress: webBindAddress ?? shared.webBindAddress, allowPublicWebPorts };
}

/**
 * The address for a web port.
 *
 * @throws Error when it is none, or one that others reach and nobody has accepted that.
 */
export function requireWebAddress(options: EcpWebAddress): string {
  requireKnownProps(options, 'webBindAddress', 'allowPublicWebPorts');
  const { webBindAddress = WEB_ADDRESS, allowPublicWebPorts = false } = options;
  if (!isAddress(webBindAddress))
    throw new Refusal(
      `'webBindAddress' must be an IPv4 address of the server's host, got '${webBindAddress}'; correct it`,
    );
  if (!webBindAddress.startsWith('127.') && !allowPublicWebPorts)
    throw new Refusal(
      `'webBindAddress' must be one of 127.0.0.0/8, since pages and metrics ask for no password, got '${webBindAddress}'; correct it, or set 'allowPublicWebPorts'`,
    );
  return webBindAddress;
}
