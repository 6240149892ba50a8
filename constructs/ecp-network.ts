import { Network } from '@cdktf/provider-docker/lib/network';
import { Lazy } from 'cdktf';
import { Construct } from 'constructs';
import { LABELS } from './private/contract';
import { attributesOf } from './private/daemon-own';
import { requireName } from './private/validate';

/** A Docker network that servers join. A literal stands for a network that exists already. */
export interface IEcpNetwork {
  /** Docker's id of the network. The id and not the name, so that a replaced network replaces what hangs on it. */
  readonly networkId: string;
  /**
   * True when the network has no way out. Docker publishes no ports from such a network.
   *
   * @default false
   */
  readonly internal?: boolean;
}

/** Properties of `EcpNetwork`. */
export interface EcpNetworkProps {
  /** Name of the cluster; the network has the same name. */
  readonly clusterName: string;
  /**
   * Subnet in CIDR notation, such as `172.28.0.0/16`. Changing it replaces the network and all servers.
   *
   * @default - Docker chooses a free one
   */
  readonly subnet?: string;
  /**
   * Cuts the network off from the outside. Web ports are then not published.
   *
   * @default false
   */
  readonly internal?: boolean;
}

/** The bridge network of one cluster. Resource: `docker_network`. */
export class EcpNetwork extends Construct implements IEcpNetwork {
  public readonly networkId: string;
  public readonly internal: boolean;
  /** The Docker network, for what the properties do not cover. */
  public readonly network: Network;

  /** @throws Error when the name or the subnet is malformed. */
  constructor(scope: Construct, id: string, props: EcpNetworkProps) {
    super(scope, id);
    requireName('clusterName', props.clusterName);
    if (props.subnet !== undefined) this.validateSubnet(props.subnet);
    this.internal = props.internal ?? false;
    this.network = new Network(this, 'Resource', {
      name: props.clusterName,
      driver: 'bridge',
      internal: this.internal,
      ipamConfig: props.subnet === undefined ? undefined : [{ subnet: props.subnet }],
      // With a label for an override of what no plan looks at any more: it makes another network.
      labels: Lazy.anyValue({
        produce: () => {
          const { ipv6 } = attributesOf(this.network);
          const labels = {
            [LABELS.cluster]: props.clusterName,
            ...(ipv6 === undefined ? {} : { 'ecp.ipv6': String(ipv6) }),
          };
          return Object.entries(labels).map(([label, value]) => ({ label, value }));
        },
      }),
      // A daemon with `default-network-opts` makes networks with IPv6; docker provider 4.6 would then replace this one in each plan.
      lifecycle: { ignoreChanges: ['ipv6', 'ipam_driver', 'ipam_options'] },
    });
    this.networkId = this.network.id;
  }

  private validateSubnet(subnet: string): void {
    const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(subnet);
    const [a = 256, b = 256, c = 256, d = 256, bits = 33] = match?.slice(1).map(Number) ?? [];
    const address = ((a * 256 + b) * 256 + c) * 256 + d;
    const inRange = match !== null && [a, b, c, d].every(part => part <= 255) && bits >= 8 && bits <= 29;
    if (inRange && address % 2 ** (32 - bits) === 0) return;
    throw new Error(
      `'subnet' must be an IPv4 network address with 8 to 29 bits, such as '172.28.0.0/16', got '${subnet}'; clear the host bits or leave it out`,
    );
  }
}
