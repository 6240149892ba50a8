import { Container, type ContainerVolumes } from '@cdktf/provider-docker/lib/container';
import type { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { Lazy } from 'cdktf';
import type { Construct } from 'constructs';
import { DATA_SERVER_NAME, LABELS, SERVER_UID } from '../../contract/contract';
import { containerName } from '../../contract/names';
import { sealed } from '../backup/sealed';
import type { EcpFile } from '../ecp-image';
import { DAEMON_OWN } from '../private/daemon-own';
import { shortHash, unplannedOf } from '../private/unplanned';
import { hostFileUpload } from '../private/upload';
import type { EcpCompanionSpec } from './companion-spec';
import { limits, restartAndLog } from './container-settings';
import { defineDelivery, toLabels, type DeliveredFiles } from './docker-delivery';
import { goDuration } from './go-duration';

/** The container, and where it has files the volume and the container that delivers them. */
export function defineCompanion(
  scope: Construct,
  spec: EcpCompanionSpec,
  provider: DockerProvider | undefined,
): Container {
  const { clusterName, name, files, healthCheck } = spec;
  const delivered = files.length > 0 ? deliver(scope, spec, provider) : undefined;
  const after = [...(delivered ? [delivered.delivery] : []), ...spec.after];
  const container: Container = new Container(scope, 'Resource', {
    name: containerName(clusterName, name),
    hostname: spec.hostname,
    image: spec.image,
    entrypoint: spec.entrypoint ? [...spec.entrypoint] : undefined,
    command: spec.command ? [...spec.command] : undefined,
    ...sealed(spec.memoryFolderMiB),
    volumes: [
      ...(delivered ? [delivered.volume] : []),
      ...spec.mounts.map(({ directory, volume, folder, readOnly }): ContainerVolumes => ({
        volumeName: volume,
        hostPath: folder,
        containerPath: directory,
        readOnly,
      })),
    ],
    ...(spec.needsNetwork ? { networksAdvanced: [{ name: spec.network.networkId }] } : { networkMode: 'none' }),
    ...limits(spec, spec.cpuShares),
    ...restartAndLog(spec),
    stopSignal: 'SIGTERM',
    stopTimeout: spec.stopTimeoutSec,
    destroyGraceSeconds: spec.stopTimeoutSec,
    healthcheck: {
      test: ['CMD', ...healthCheck.command],
      interval: goDuration(healthCheck.intervalSec),
      timeout: goDuration(healthCheck.timeoutSec),
      startPeriod: goDuration(spec.startTimeoutSec),
      retries: healthCheck.retries,
    },
    labels: toLabels({
      [LABELS.cluster]: clusterName,
      [LABELS.server]: DATA_SERVER_NAME,
      [LABELS.role]: name,
      // The files are read at the start: others make another container, and so does what no plan looks at any more.
      ...(delivered
        ? {
            [LABELS.files]: Lazy.stringValue({
              produce: () => shortHash({ ...unplannedOf(container), files: files.map(fingerprint) }),
            }),
          }
        : {}),
      ...spec.labels,
    }),
    lifecycle: { ignoreChanges: ['healthcheck', 'tmpfs', ...DAEMON_OWN] },
    dependsOn: after.length > 0 ? after : undefined,
    provider,
  });
  return container;
}

function deliver(scope: Construct, spec: EcpCompanionSpec, provider: DockerProvider | undefined): DeliveredFiles {
  const own = spec.mounts.flatMap(({ directory, volume, readOnly }) =>
    volume === undefined || readOnly ? [] : [[directory, volume]],
  );
  return defineDelivery(scope, {
    ...spec,
    server: DATA_SERVER_NAME,
    to: `'${spec.name}'`,
    user: SERVER_UID,
    volumes: Object.fromEntries(own) as Record<string, string>,
    provider,
  });
}

/** Of a secret its hash. */
function fingerprint(file: EcpFile): unknown {
  return 'source' in file ? [file.path, hostFileUpload('', file.source).sourceHash] : [file.path, file.content];
}
