import type { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import type { Service } from '@cdktf/provider-docker/lib/service';
import { Construct } from 'constructs';
import { DATA_NODE_LABEL } from '../../../contract/contract';
import { Refusal } from '../../../contract/refusal';
import type { EcpCompanionSpec } from '../companion-spec';
import type { EcpPlacedImage, EcpServerHandle, IEcpPlatform } from '../ecp-platform';
import { requireKnownProps } from '../../private/validate';
import type { EcpServerSpec } from '../server-spec';
import { SwarmDelivery } from './swarm-delivery';
import { companionTask } from './companion-service';
import { plainVolume } from './mounts';
import { serverTask } from './server-service';
import { defineService } from './swarm-service';

/** A label of a node. */
export interface SwarmNodeLabel {
  /** Such as `ecp.data-server`. */
  readonly name: string;
  /** Such as the cluster's name. */
  readonly value: string;
}

/** Properties of `Swarm`. */
export interface SwarmProps {
  /**
   * Provider of a manager of the swarm.
   *
   * @default - what the stack's `DockerProvider` without alias names
   */
  readonly provider?: DockerProvider;
  /**
   * Label of the one node that keeps the data: `docker node update --label-add ecp.data-server=ecp NODE`. The data server runs nowhere else.
   *
   * @default - `ecp.data-server` with the cluster's name as its value
   */
  readonly dataServerLabel?: SwarmNodeLabel;
  /**
   * Placement constraints of application servers. Their keys are delivered to every node that satisfies them.
   *
   * @default - any node
   * @see https://docs.docker.com/reference/cli/docker/service/create/#constraint
   */
  readonly appServerConstraints?: readonly string[];
  /**
   * Publishes web ports on the node that a server runs on, to everybody who reaches it: Swarm knows no address of a host.
   *
   * @default false
   */
  readonly allowPublicWebPorts?: boolean;
}

/**
 * Runs servers as services of a swarm, each with one task that moves to another node when its own is lost. The data server stays where its
 * data is.
 *
 * Resources: for each server, and for backups, a `docker_service` and a `docker_secret` with its files, and a global `docker_service` that
 * delivers them, one for each of these kinds; for what verifies backups a `docker_service`.
 */
export class Swarm extends Construct implements IEcpPlatform {
  public readonly provider?: DockerProvider;
  public readonly schedules = true;
  private readonly deliveries = new Map<string, SwarmDelivery>();

  constructor(
    scope: Construct,
    id: string,
    private readonly props: SwarmProps = {},
  ) {
    super(scope, id);
    requireKnownProps(props, 'dataServerLabel', 'appServerConstraints', 'allowPublicWebPorts');
    this.provider = props.provider;
  }

  /** The services that deliver files, for what the properties do not cover. */
  public get deliveryServices(): Service[] {
    return [...this.deliveries.values()].map(({ service }) => service);
  }

  /** @throws Error when the image is in no registry. */
  public imageOf(image: EcpPlacedImage): string {
    if (image.imageReference !== undefined) return image.imageReference;
    throw new Refusal(
      `'image' must be in a registry that every node of the swarm reaches, got one of the engine '${image.engine}' that is not pushed; set 'registry' of the image`,
    );
  }

  /** @throws Error when a server asks for what a service cannot have. */
  public runServer(scope: Construct, server: EcpServerSpec): EcpServerHandle {
    this.refuseWhatNoServiceHas(server);
    const constraints = this.constraintsOf(server);
    const delivery = this.deliveryFor(server, constraints);
    const task = serverTask(server);
    const mounts = [delivery.add(server), ...task.mounts];
    const service = defineService(scope, {
      ...task,
      mounts,
      constraints,
      after: [delivery.service, ...server.after],
      provider: this.provider,
    });
    return {
      resource: service,
      dependables: [service],
      addVolume: (directory, volume) => {
        mounts.push(plainVolume(volume, directory));
        service.taskSpec.containerSpec.putMounts([...mounts]);
        delivery.addVolume(server.name, directory, volume);
      },
    };
  }

  /** A service beside the data server. Its files change in place as a server's do. */
  public runBeside(scope: Construct, spec: EcpCompanionSpec): Service {
    const { clusterName, name, files, image, network } = spec;
    const constraints = this.constraintsOf({ role: 'data-server', clusterName });
    const task = companionTask(spec);
    const common = { ...task, constraints, provider: this.provider };
    if (files.length === 0) return defineService(scope, common);
    const delivery = this.deliveryFor({ role: name, clusterName, image, user: task.user, network }, constraints);
    return defineService(scope, {
      ...common,
      mounts: [delivery.add({ clusterName, name, files, volumes: {} }), ...task.mounts],
      after: [delivery.service, ...spec.after],
    });
  }

  private constraintsOf({ role, clusterName }: Pick<EcpServerSpec, 'role' | 'clusterName'>): readonly string[] {
    if (role === 'app-server') return this.props.appServerConstraints ?? [];
    const { name, value } = this.props.dataServerLabel ?? { name: DATA_NODE_LABEL, value: clusterName };
    return [`node.labels.${name} == ${value}`];
  }

  /** One for each kind of servers and for what is beside them, so that a node gets no key of what never runs there. */
  private deliveryFor(
    {
      role,
      clusterName,
      image,
      user,
      network,
    }: Pick<EcpServerSpec, 'clusterName' | 'image' | 'user' | 'network'> & { readonly role: string },
    constraints: readonly string[],
  ): SwarmDelivery {
    let found = this.deliveries.get(role);
    if (!found) {
      const { provider } = this;
      const { networkId } = network;
      found = new SwarmDelivery(this, role, { clusterName, role, image, user, networkId, constraints, provider });
      this.deliveries.set(role, found);
      this.node.defaultChild ??= found.service;
    }
    return found;
  }

  private refuseWhatNoServiceHas(server: EcpServerSpec): void {
    const { name, network, webPort, webBindAddress, cpuSet, ulimits } = server;
    // Synth computes what a service is given: bytes, billionths of processors, durations.
    requireKnownProps(server, 'memoryMiB', 'cpus', 'startTimeoutSec', 'stopTimeoutSec');
    if (network.driver !== 'overlay')
      throw new Refusal(
        `'network' must be an overlay on a swarm, whose servers run on several nodes, got ${network.driver === undefined ? 'one of an unknown driver' : 'a bridge'}; set 'driver' of EcpNetwork or EcpNetwork.fromExistingNetwork to 'overlay'`,
      );
    if (webPort !== undefined && !network.internal && !this.props.allowPublicWebPorts)
      throw new Refusal(
        `'webPort' must be left out on a swarm, which publishes it to everybody who reaches the node, got ${webPort} for '${name}'; take it out, or set 'allowPublicWebPorts' of Swarm`,
      );
    for (const [prop, value] of Object.entries({ webBindAddress, cpuSet, ulimits }))
      if (value !== undefined)
        throw new Refusal(
          `'${prop}' must be left out on a swarm, whose services have none, got ${JSON.stringify(value)} for '${name}'; take it out`,
        );
  }
}
