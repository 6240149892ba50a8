import { Container, type ContainerVolumes } from '@cdktf/provider-docker/lib/container';
import type { Volume } from '@cdktf/provider-docker/lib/volume';
import { Lazy } from 'cdktf';
import type { Construct } from 'constructs';
import { FILES_DIRECTORY, LABELS } from '../../contract/contract';
import { DELIVERY_ID, deliveryName } from '../../contract/names';
import { DAEMON_OWN, ENDED_LIMITS, LOGGING } from '../private/daemon-own';
import { DELIVERY_SCRIPT_PATH, DELIVERY_SOURCE, deliveryUploads } from '../private/delivered-files';
import type { EcpServerSpec } from './server-spec';

/** The container that puts the files into the volume and ends. It has no network and no capability but to give files away. */
export function defineDelivery(
  scope: Construct,
  server: EcpServerSpec,
  files: Volume,
  labels: Readonly<Record<string, string>>,
): Container {
  const upload = deliveryUploads(server.files);
  const directories = Object.keys(server.volumes);

  const delivery: Container = new Container(scope, DELIVERY_ID, {
    name: deliveryName(server.clusterName, server.name),
    image: server.image,
    entrypoint: ['/bin/bash', DELIVERY_SCRIPT_PATH],
    command: [DELIVERY_SOURCE, FILES_DIRECTORY, String(server.user), ...directories],
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
    logDriver: LOGGING.logDriver,
    logOpts: { ...LOGGING.logOpts },
    upload,
    // The id is unknown while the volume is being made, so that a lost volume is filled again.
    volumes: [{ volumeName: files.id, containerPath: FILES_DIRECTORY }, ...mounts(server.volumes)],
    labels: toLabels({ ...labels, [LABELS.role]: 'delivery', ...server.labels }),
    lifecycle: {
      ignoreChanges: [...DAEMON_OWN, ...ENDED_LIMITS],
      postcondition: [
        {
          condition: '${self.exit_code == 0}',
          errorMessage: Lazy.stringValue({
            produce: () =>
              `The files of server '${server.name}' were not delivered: \${coalesce(self.container_logs, "it said nothing.")} Remedy: terraform apply -replace=${delivery.terraformResourceType}.${delivery.friendlyUniqueId}`,
          }),
        },
      ],
    },
  });
  return delivery;
}

/** Mounts of a server's further volumes. */
export function mounts(volumes: Readonly<Record<string, string>>): ContainerVolumes[] {
  return Object.entries(volumes).map(([containerPath, volumeName]) => ({ volumeName, containerPath }));
}

/** Labels as the provider takes them. */
export function toLabels(labels: Readonly<Record<string, string>>): { label: string; value: string }[] {
  return Object.entries(labels).map(([label, value]) => ({ label, value }));
}
