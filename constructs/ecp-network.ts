import { Network } from '@cdktf/provider-docker/lib/network';
import type { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { Lazy, Token } from 'cdktf';
import { Construct } from 'constructs';
import { LABELS } from '../contract/contract';
import { requireSubnet } from '../contract/ipv4-range';
import { Refusal } from '../contract/refusal';
import { guardAtApply, subnetRules } from './private/apply-rules';
import { attributesOf } from './private/daemon-own';
import { ExistingNetwork } from './private/existing-network';
import { requireKnownProps, requireName } from './private/validate';

/** A Docker network that servers join. `EcpNetwork.fromExistingNetwork` makes one of a network that exists already. */
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
  /**
   * `overlay` for a network of a swarm, which spans hosts.
   *
   * @default - one host's
   */
  readonly driver?: 'bridge' | 'overlay';
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
   * @see https://github.com/kreuzwerker/terraform-provider-docker/blob/master/docs/resources/network.md
   */
  readonly subnet?: string;
  /**
   * Cuts the network off from the outside. Web ports are then not published.
   *
   * @default false
   * @see https://github.com/kreuzwerker/terraform-provider-docker/blob/master/docs/resources/network.md
   */
  readonly internal?: boolean;
  /**
   * `overlay` for a network that spans the nodes of a swarm; containers that are no services can join it too.
   *
   * @default "bridge"
   * @see https://docs.docker.com/engine/network/drivers/overlay/
   */
  readonly driver?: 'bridge' | 'overlay';
  /**
   * Encrypts what an overlay carries between nodes. The kernel of each node must have ESP: without it nothing connects, and Docker says
   * nothing of it. ECP has its own TLS; web ports and metrics have none.
   *
   * @default false
   * @see https://docs.docker.com/engine/network/drivers/overlay/#encryption
   */
  readonly encrypted?: boolean;
  /**
   * Provider of the Docker host; for an overlay, of a manager of the swarm.
   *
   * @default - what the stack's `DockerProvider` without alias names
   */
  readonly provider?: DockerProvider;
}

/** A network that something else made. */
export interface EcpNetworkAttributes {
  /** Docker's id of the network: of a resource of this stack, or of a data source `docker_network`. */
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
  /**
   * `overlay` for a network of a swarm, which spans hosts.
   *
   * @default "bridge"
   */
  readonly driver?: 'bridge' | 'overlay';
}

/** The network of one cluster. Resource: `docker_network`. */
export class EcpNetwork extends Construct implements IEcpNetwork {
  public readonly networkId: string;
  public readonly internal: boolean;
  public readonly subnet?: string;
  public readonly driver: 'bridge' | 'overlay';
  /** The Docker network, for what the properties do not cover. */
  public readonly network: Network;

  /**
   * A network that something else made: another stack, another tool, or another resource of this stack. Nothing is made.
   *
   * @throws Error when the id is empty or the subnet is malformed.
   */
  public static fromExistingNetwork(scope: Construct, id: string, attributes: EcpNetworkAttributes): IEcpNetwork {
    return new ExistingNetwork(scope, id, attributes);
  }

  /** @throws Error when the name or the subnet is malformed. */
  constructor(scope: Construct, id: string, props: EcpNetworkProps) {
    super(scope, id);
    requireName('clusterName', props.clusterName);
    this.validateName(props.clusterName);
    requireKnownProps(props, 'internal', 'driver', 'encrypted');
    if (props.subnet !== undefined && !Token.isUnresolved(props.subnet)) requireSubnet(props.subnet);
    this.subnet = props.subnet;
    this.internal = props.internal ?? false;
    this.driver = props.driver ?? 'bridge';
    if (props.encrypted && this.driver !== 'overlay')
      throw new Refusal(
        "'encrypted' must be left out for a bridge network, which leaves no host, got true; set 'driver' to 'overlay'",
      );
    this.network = new Network(this, 'Resource', {
      name: props.clusterName,
      driver: this.driver,
      attachable: this.driver === 'overlay' ? true : undefined,
      options: props.encrypted ? { encrypted: '' } : undefined,
      internal: this.internal,
      ipamConfig: props.subnet === undefined ? undefined : [{ subnet: props.subnet }],
      // With a label for an override of what no plan looks at any more: it makes another network.
      labels: Lazy.anyValue({
        produce: () => {
          const { ipv6 } = attributesOf(this.network);
          const labels = {
            [LABELS.cluster]: props.clusterName,
            ...(ipv6 === undefined ? {} : { [LABELS.ipv6]: String(ipv6) }),
          };
          return Object.entries(labels).map(([label, value]) => ({ label, value }));
        },
      }),
      // A daemon with `default-network-opts` makes networks with IPv6; docker provider 4.6 would then replace this one in each plan.
      lifecycle: { ignoreChanges: ['ipv6', 'ipam_driver', 'ipam_options'] },
      provider: props.provider,
    });
    guardAtApply(this.network, subnetRules(props.subnet));
    this.networkId = this.network.id;
  }

  private validateName(name: string): void {
    if (!NAMES_OF_DOCKER.includes(name)) return;
    throw new Refusal(
      `'clusterName' must not be a word of Docker for its own networks (${NAMES_OF_DOCKER.join(', ')}), got '${name}'; choose another`,
    );
  }
}
