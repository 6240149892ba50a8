import type { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { Secret } from '@cdktf/provider-docker/lib/secret';
import { Service, type ServiceTaskSpecContainerSpecMounts } from '@cdktf/provider-docker/lib/service';
import { Fn, Lazy, TerraformLocal } from 'cdktf';
import { Construct } from 'constructs';
import { createHash } from 'node:crypto';
import { FILES_DIRECTORY, LABELS } from '../../../contract/contract';
import { DELIVERY_ID, deliveryName } from '../../../contract/names';
import { LOGGING } from '../../private/daemon-own';
import { deliveryText } from '../../private/delivered-files';
import { escapeForTerraform } from '../../private/upload';
import { toLabels } from '../docker-delivery';
import type { EcpServerSpec } from '../server-spec';
import { memoryVolume } from './memory-volume';
import { plainVolume } from './mounts';

/** Where a delivery keeps what it delivers, and shows it. */
const SOURCES = '/delivery';
const TARGETS = '/files';

/** Where it has the volumes that are given to a server's user. */
const VOLUMES = '/volumes';

/** Delivers to each server, then stays: its volumes are in memory, and on a node without a server nobody else holds them. */
const DELIVER = `shopt -s nullglob
for secret in /run/secrets/*; do
  server=\${secret##*/}
  mkdir -p ${SOURCES}/$server
  cp $secret ${SOURCES}/$server/deliver-files.sh
  bash ${SOURCES}/$server/deliver-files.sh ${SOURCES}/$server ${TARGETS}/$server $0 ${VOLUMES}/$server/*
done
trap exit TERM
while true; do sleep infinity & wait $!; done`;

const FILES_VOLUME = { sizeMiB: 4, mode: '0755' };

/** Properties of `SwarmDelivery`. */
export interface SwarmDeliveryProps {
  readonly clusterName: string;
  /** Role of the servers that it is for. */
  readonly role: string;
  /** The first server's, which all others have too. */
  readonly image: string;
  readonly user: number;
  readonly networkId: string;
  /** Nodes that the servers may run on; others get no key. */
  readonly constraints: readonly string[];
  readonly provider?: DockerProvider;
}

/**
 * A global service that brings the files of servers to every node that they may run on, into volumes in memory. New files are new secrets:
 * its tasks restart, and the servers' do not. Resources: `docker_service`, and for each server a `docker_secret`.
 */
export class SwarmDelivery extends Construct {
  /** The service, which servers start after. */
  public readonly service: Service;
  private readonly secrets = new Map<string, Secret>();
  /** Names of volumes by where they are mounted. */
  private readonly volumes = new Map<string, string>();

  constructor(
    scope: Construct,
    id: string,
    private readonly props: SwarmDeliveryProps,
  ) {
    super(scope, id);
    const { clusterName, constraints } = props;
    const labels = toLabels({
      [LABELS.cluster]: clusterName,
      [LABELS.role]: 'delivery',
      [LABELS.delivers]: props.role,
    });
    this.service = new Service(this, DELIVERY_ID, {
      name: Lazy.stringValue({ produce: () => this.serviceName() }),
      labels,
      mode: { global: true },
      endpointSpec: { mode: 'dnsrr' },
      updateConfig: {
        parallelism: 0,
        delay: '0s',
        failureAction: 'continue',
        monitor: '5s',
        maxFailureRatio: '0.0',
        order: 'stop-first',
      },
      taskSpec: {
        containerSpec: {
          image: props.image,
          user: '0',
          readOnly: true,
          capDrop: ['ALL'],
          capAdd: ['CAP_CHOWN'],
          command: ['/bin/bash', '-Eeuo', 'pipefail', '-c'],
          args: [escapeForTerraform(DELIVER), String(props.user)],
          stopSignal: 'SIGTERM',
          // The provider waits so long for an old task to end, and fails then.
          stopGracePeriod: '30s',
          healthcheck: { test: ['NONE'], interval: '0s', timeout: '0s', startPeriod: '0s', retries: 0 },
          labels,
          mounts: Lazy.anyValue({ produce: () => this.mounts() }),
          secrets: Lazy.anyValue({ produce: () => this.secretFiles() }),
        },
        resources: { limits: { memoryBytes: 64 << 20 } },
        restartPolicy: { condition: 'any', delay: '5s', maxAttempts: 0, window: '0s' },
        placement: {
          constraints: constraints.length > 0 ? [...constraints] : undefined,
          platforms: [{ architecture: 'amd64', os: 'linux' }],
        },
        logDriver: { name: LOGGING.logDriver, options: { ...LOGGING.logOpts } },
      },
      lifecycle: { createBeforeDestroy: true },
      provider: props.provider,
    });
    this.service.addOverride('task_spec.container_spec.init', false);
    // On the overlay, so that a node has joined it before a server starts there: joining took up to 40 s (measured).
    this.service.addOverride('task_spec.networks_advanced', [{ id: props.networkId }]);
  }

  /** Delivers to one more server. @returns the mount of its files */
  public add(
    server: Pick<EcpServerSpec, 'name' | 'clusterName' | 'files' | 'volumes'>,
  ): ServiceTaskSpecContainerSpecMounts {
    const { name, clusterName } = server;
    for (const [directory, volume] of Object.entries(server.volumes)) this.addVolume(name, directory, volume);
    const scope = new Construct(this, name);
    // Terraform's sha256 takes no text with quotes in it, but a local that holds one.
    const text = new TerraformLocal(scope, 'text', deliveryText(server.files)).asString;
    const hash = Fn.nonsensitive(Fn.substr(Fn.sha256(text), 0, 12));
    const secret = new Secret(scope, DELIVERY_ID, {
      // A secret cannot be changed: another one takes its place first.
      name: `${deliveryName(clusterName, name)}-${hash}`,
      data: Fn.base64encode(text),
      labels: toLabels({ [LABELS.cluster]: clusterName, [LABELS.server]: name }),
      lifecycle: { createBeforeDestroy: true },
      provider: this.props.provider,
    });
    this.secrets.set(name, secret);
    return memoryVolume(deliveryName(clusterName, name), FILES_DIRECTORY, FILES_VOLUME, true);
  }

  /** Gives the top of a volume to the user of a server, on every node that the server may run on. */
  public addVolume(server: string, directory: string, volume: string): void {
    this.volumes.set(`${VOLUMES}/${server}/${directory.replaceAll('/', '-')}`, volume);
  }

  /**
   * Docker provider 4.6 asks for a mount without a target when one with options is taken out of a service, and no task starts any more (measured). So
   * other servers are another service: it is there before the old one goes, and their volumes are in both.
   */
  private serviceName(): string {
    const servers = [...this.secrets.keys()].sort().join(' ');
    const hash = createHash('sha256').update(servers).digest('hex').slice(0, 6);
    return deliveryName(this.props.clusterName, `${this.props.role}s-${hash}`);
  }

  private mounts(): unknown[] {
    const names = [...this.secrets.keys()];
    const mounts = names.map(name =>
      memoryVolume(deliveryName(this.props.clusterName, name), `${TARGETS}/${name}`, FILES_VOLUME),
    );
    const scratch = { type: 'tmpfs', target: SOURCES, tmpfsOptions: { mode: 0o700, sizeBytes: 8 << 20 } };
    const volumes = [...this.volumes].map(([target, source]) => plainVolume(source, target));
    return [scratch, ...mounts, ...volumes].map(mount => toSnakeCase(mount));
  }

  private secretFiles(): unknown[] {
    return [...this.secrets].map(([name, secret]) =>
      toSnakeCase({
        secretId: secret.id,
        secretName: secret.name,
        fileName: name,
        fileUid: '0',
        fileGid: '0',
        fileMode: 0o400,
      }),
    );
  }
}

/** What is produced late is written as it is, so it has Terraform's names already. */
function toSnakeCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toSnakeCase);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [
      key.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`),
      toSnakeCase(each),
    ]),
  );
}
