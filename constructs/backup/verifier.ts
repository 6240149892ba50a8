import { Container } from '@cdktf/provider-docker/lib/container';
import type { TerraformProvider } from 'cdktf';
import { Construct } from 'constructs';
import { BACKUP_DIRECTORY, VERIFIER_NAME, backupVolumeName } from '../../contract/backup';
import { DATA_SERVER_NAME, DURABLE_DIRECTORY, LABELS } from '../../contract/contract';
import { containerName } from '../../contract/names';
import type { EcpImage } from '../ecp-image';
import { limits, restartAndLog } from '../platform/container-settings';
import { toLabels } from '../platform/docker-delivery';
import { DockerHost } from '../platform/docker-host';
import { goDuration } from '../platform/go-duration';
import type { EcpContainerOptions } from '../private/container-options';
import { DAEMON_OWN } from '../private/daemon-own';
import { sealed } from './sealed';

/** What a verifier is made of. */
interface VerifierSpec {
  readonly clusterName: string;
  readonly image: EcpImage;
  readonly provider?: TerraformProvider;
  readonly options: Required<EcpContainerOptions>;
}

/** A container with the engine that restores what the backup container fetched, into a volume of its own that is emptied after. */
export function defineVerifier(scope: Construct, { clusterName, image, provider, options }: VerifierSpec): Container {
  const place = new Construct(scope, 'verifier');
  const id = provider ? new DockerHost({ provider: provider as DockerHost['provider'] }).imageOf(image) : image.imageId;
  return new Container(place, 'Resource', {
    name: containerName(clusterName, VERIFIER_NAME),
    hostname: VERIFIER_NAME,
    image: id,
    entrypoint: ['/usr/bin/tini', '--', 'restore-database'],
    command: ['serve'],
    ...sealed(16),
    networkMode: 'none',
    volumes: [
      { volumeName: backupVolumeName(clusterName), containerPath: BACKUP_DIRECTORY },
      { containerPath: DURABLE_DIRECTORY },
    ],
    ...limits({ memoryMiB: 256 }, 128),
    ...restartAndLog(options),
    stopTimeout: 10,
    destroyGraceSeconds: 10,
    healthcheck: {
      test: ['CMD', 'test', '-e', '/run/ecp/beat'],
      interval: goDuration(30),
      timeout: goDuration(10),
      startPeriod: goDuration(30),
      retries: 3,
    },
    labels: toLabels({
      [LABELS.cluster]: clusterName,
      [LABELS.server]: DATA_SERVER_NAME,
      [LABELS.role]: VERIFIER_NAME,
      ...options.labels,
    }),
    lifecycle: { ignoreChanges: ['healthcheck', 'tmpfs', ...DAEMON_OWN] },
    provider,
  });
}
