import { Token } from 'cdktf';
import { Construct } from 'constructs';
import { requireSubnet } from '../../contract/ipv4-range';
import { Refusal } from '../../contract/refusal';
import type { EcpNetworkAttributes, IEcpNetwork } from '../ecp-network';
import { requireKnownProps } from './validate';

/** A network that is not ours. */
export class ExistingNetwork extends Construct implements IEcpNetwork {
  public readonly networkId: string;
  public readonly internal: boolean;
  public readonly subnet?: string;
  public readonly driver?: 'bridge' | 'overlay';

  constructor(scope: Construct, id: string, attributes: EcpNetworkAttributes) {
    super(scope, id);
    const { networkId, internal, subnet, driver } = attributes;
    requireKnownProps(attributes, 'internal', 'subnet', 'driver');
    if (!Token.isUnresolved(networkId) && !/^[A-Za-z0-9][\w.-]*$/.test(networkId))
      throw new Refusal(
        `'networkId' must be Docker's id of a network, got '${networkId}'; take the id of a resource or data source 'docker_network'`,
      );
    if (subnet !== undefined) requireSubnet(subnet);
    this.networkId = networkId;
    this.internal = internal ?? false;
    this.subnet = subnet;
    this.driver = driver;
  }
}
