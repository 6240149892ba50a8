import { Container, type ContainerUpload, type ContainerVolumes } from '@cdktf/provider-docker/lib/container';
import { Volume } from '@cdktf/provider-docker/lib/volume';
import { Lazy, type TerraformProvider } from 'cdktf';
import type { Construct } from 'constructs';
import { FILES_DIRECTORY, LABELS } from '../../contract/contract';
import { DELIVERY_ID, deliveryName } from '../../contract/names';
import type { EcpServerFile } from '../ecp-image';
import { DAEMON_OWN, ENDED_LIMITS, LOGGING } from '../private/daemon-own';
import { DELIVERY_SCRIPT_PATH, DELIVERY_SOURCE, deliveryUploads } from '../private/delivered-files';

/** What is delivered, and to which server. */
export interface Delivery {
  /** Name of the cluster. */
  readonly clusterName: string;
  /** Name of the server. */
  readonly server: string;
  /** Host name of the container that the files are for: the server's, or that of what belongs to it. */
  readonly name: string;
  /** What that is to people. */
  readonly to: string;
  /** Further labels. */
  readonly labels: Readonly<Record<string, string>>;
  /** Image with bash and coreutils. */
  readonly image: string;
  /** Files below `/ecp/files`. */
  readonly files: readonly EcpServerFile[];
  /** User and group that gets them. */
  readonly user: number;
  /** Further volumes, by the directory at which each is mounted; their tops are given to the user too. */
  readonly volumes: Readonly<Record<string, string>>;
  /** Provider of the host; the stack's own where there is none. */
  readonly provider?: TerraformProvider;
  /** A script that runs before, with the command of the delivery as its arguments, which it runs at its end; and what it needs. */
  readonly before?: { readonly script: string; readonly uploads: readonly ContainerUpload[] };
}

/** The volume of the files, and what must have run before they are there. */
export interface DeliveredFiles {
  readonly volume: ContainerVolumes;
  readonly delivery: Container;
}

/**
 * The volume with the files, and the container that puts them there and ends. That one has no network and no capability but to give files
 * away.
 */
export function defineDelivery(scope: Construct, spec: Delivery): DeliveredFiles {
  const name = deliveryName(spec.clusterName, spec.name);
  const files = new Volume(scope, 'files', {
    name,
    labels: toLabels({ [LABELS.cluster]: spec.clusterName, [LABELS.server]: spec.server }),
    // A volume that was there before has others; replacing it would remove what somebody keeps in it.
    lifecycle: { ignoreChanges: ['labels'] },
    provider: spec.provider,
  });
  const delivery: Container = new Container(scope, DELIVERY_ID, {
    name,
    image: spec.image,
    entrypoint: ['/bin/bash', spec.before?.script ?? DELIVERY_SCRIPT_PATH],
    command: [
      ...(spec.before ? [DELIVERY_SCRIPT_PATH] : []),
      DELIVERY_SOURCE,
      FILES_DIRECTORY,
      String(spec.user),
      ...Object.keys(spec.volumes),
    ],
    user: '0',
    attach: true,
    logs: true,
    mustRun: false,
    networkMode: 'none',
    capabilities: { add: ['CAP_CHOWN'], drop: ['ALL'] },
    securityOpts: ['no-new-privileges'],
    memory: 64,
    memorySwap: 64,
    cpuShares: 512,
    // What it says is read from its log, whatever the log of the server.
    logDriver: LOGGING.logDriver,
    logOpts: { ...LOGGING.logOpts },
    upload: [...deliveryUploads(spec.files), ...(spec.before?.uploads ?? [])],
    // The id is unknown while the volume is being made, so that a lost volume is filled again.
    volumes: [{ volumeName: files.id, containerPath: FILES_DIRECTORY }, ...mounts(spec.volumes)],
    labels: toLabels({
      [LABELS.cluster]: spec.clusterName,
      ...spec.labels,
      [LABELS.server]: spec.server,
      [LABELS.role]: 'delivery',
    }),
    lifecycle: {
      ignoreChanges: [...DAEMON_OWN, ...ENDED_LIMITS],
      postcondition: [
        {
          condition: '${self.exit_code == 0}',
          errorMessage: Lazy.stringValue({
            produce: () =>
              `The files of ${spec.to} were not delivered: \${coalesce(self.container_logs, "it said nothing.")} Remedy: terraform apply -replace=${delivery.terraformResourceType}.${delivery.friendlyUniqueId}`,
          }),
        },
      ],
    },
    provider: spec.provider,
  });
  return { volume: { volumeName: files.id, containerPath: FILES_DIRECTORY, readOnly: true }, delivery };
}

/** Mounts of a server's further volumes. */
export function mounts(volumes: Readonly<Record<string, string>>): ContainerVolumes[] {
  return Object.entries(volumes).map(([containerPath, volumeName]) => ({ volumeName, containerPath }));
}

/** Labels as the provider takes them. */
export function toLabels(labels: Readonly<Record<string, string>>): { label: string; value: string }[] {
  return Object.entries(labels).map(([label, value]) => ({ label, value }));
}
