import { Network } from '@cdktf/provider-docker/lib/network';
import { Lazy } from 'cdktf';
import { Construct } from 'constructs';
import { LABELS } from '../contract/contract';
import { attributesOf } from './private/daemon-own';
import { formatCidr, parseCidr, reservedRange } from './private/ipv4-range';
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
  /**
   * Subnet in CIDR notation, so that a cluster can tell at synth that it is too small.
   *
   * @default - not known
   */
  readonly subnet?: string;
}

/** Docker's own networks and words for them, in any mode: no network of a cluster can have such a name. */
const NAMES_OF_DOCKER = ['bridge', 'default', 'host', 'ingress', 'nat', 'none'];

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
  public readonly subnet?: string;
  /** The Docker network, for what the properties do not cover. */
  public readonly network: Network;

  /** @throws Error when the name or the subnet is malformed. */
  constructor(scope: Construct, id: string, props: EcpNetworkProps) {
    super(scope, id);
    requireName('clusterName', props.clusterName);
    this.validateName(props.clusterName);
    if (props.subnet !== undefined) this.validateSubnet(props.subnet);
    this.subnet = props.subnet;
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

  private validateName(name: string): void {
    if (!NAMES_OF_DOCKER.includes(name)) return;
    throw new Error(
      `'clusterName' must not be a word of Docker for its own networks (${NAMES_OF_DOCKER.join(', ')}), got '${name}'; choose another`,
    );
  }

  private validateSubnet(subnet: string): void {
    const range = parseCidr(subnet);
    const bits = Number(subnet.split('/')[1]);
    // In the form that it would be written in: Go, unlike JavaScript, does not take '010.0.0.0/08'.
    if (!range || formatCidr(range) !== subnet || bits < 8 || bits > 29) {
      throw new Error(
        `'subnet' must be an IPv4 network address with 8 to 29 bits, such as '172.28.0.0/16', got '${subnet}'; clear the host bits or leave it out`,
      );
    }
    const reserved = reservedRange(range);
    if (!reserved) return;
    throw new Error(
      `'subnet' must lie outside ${reserved.cidr} (${reserved.use}), got '${subnet}'; choose a private one, such as '172.28.0.0/16'`,
    );
  }
}
