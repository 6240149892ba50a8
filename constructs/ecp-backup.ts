import { Container, type ContainerVolumes } from '@cdktf/provider-docker/lib/container';
import type { Image } from '@cdktf/provider-docker/lib/image';
import { Lazy, type TerraformProvider } from 'cdktf';
import { Construct } from 'constructs';
import { join } from 'node:path';
import {
  BACKUP_DIRECTORY,
  BACKUP_FILES,
  BACKUP_NAME,
  REPOSITORY_DIRECTORY,
  backupVolumeName,
} from '../contract/backup';
import { DATA_SERVER_NAME, FILES, LABELS, SERVER_UID } from '../contract/contract';
import { containerName } from '../contract/names';
import { Refusal } from '../contract/refusal';
import { repositoryParts, secret, type EcpBackupRepository } from './backup/repository';
import { requireRetention, type EcpBackupRetention } from './backup/retention';
import { requireSchedule } from './backup/schedule';
import { sealed } from './backup/sealed';
import type { EcpDataServer } from './ecp-data-server';
import { defineVerifier } from './backup/verifier';
import type { EcpFile, EcpImage } from './ecp-image';
import type { IEcpNetwork } from './ecp-network';
import { limits, restartAndLog } from './platform/container-settings';
import { defineDelivery, toLabels } from './platform/docker-delivery';
import { goDuration } from './platform/go-duration';
import { guardAtApply, wholeNumberRule } from './private/apply-rules';
import { containerOptions, type EcpContainerOptions } from './private/container-options';
import { DAEMON_OWN } from './private/daemon-own';
import { buildImage } from './private/image-build';
import { ownSelectorOf, type Measured } from './private/metrics';
import { PACKAGE_FOLDER } from './private/package-folder';
import { shortHash, unplannedOf } from './private/unplanned';
import { hostFileUpload } from './private/upload';
import { requireKnownWholeNumber, requireName, requireWholeNumber } from './private/validate';
import { rehearsalBaseOf } from './private/set-ups';

/** What a user may set for backups. */
export interface EcpBackupOptions extends EcpContainerOptions {
  /** Where backups are kept. No plan and no command of this package removes it. */
  readonly repository: EcpBackupRepository;
  /**
   * Path of a file with the password that encrypts the repository. Without it nothing can be restored: keep it elsewhere too. It goes by path
   * and hash into the state, never by content.
   */
  readonly passwordFile: string;
  /**
   * When a backup is taken: the five fields of cron, in numbers and UTC. `./ecp backup` takes one at any time.
   *
   * @default "0 * * * *", each hour
   */
  readonly schedule?: string;
  /**
   * Which backups are kept.
   *
   * @default - all
   */
  readonly retention?: EcpBackupRetention;
  /**
   * When the newest backup is restored and compared, as `schedule`: by a container with the engine, without a network, that runs beside.
   * Not with InterSystems IRIS. `./ecp backup --verify` does it at any time.
   *
   * @default - on demand alone
   */
  readonly verify?: string;
  /**
   * Seconds that the data server may be frozen. What takes longer is no backup, and the server goes on by itself. The rehearsal engine is
   * not frozen: its copy is made beside the writers.
   *
   * @default 600
   */
  readonly freezeTimeoutSec?: number;
  /**
   * Debian image that the image of backups is built on.
   *
   * @default "debian:bookworm-slim", or what the set-up of `useSetUp` made
   */
  readonly baseImage?: string;
  /**
   * Registry and path that the image is pushed to, such as `registry.example.org/ecp`. The stack's own Docker host builds it then, and the
   * data server's pulls it, without a way to Debian.
   *
   * @default - the data server's host builds it
   */
  readonly registry?: string;
  /**
   * Memory limit in MiB. There is no swap beyond it. Changed in place.
   *
   * @default 256
   * @see https://docs.docker.com/engine/containers/resource_constraints/
   */
  readonly memoryMiB?: number;
}

/** Properties of `EcpBackup`. */
export interface EcpBackupProps extends EcpBackupOptions {
  /** Name of the cluster. */
  readonly clusterName: string;
  /** The data server, which gets a volume more: that replaces its container once. */
  readonly dataServer: EcpDataServer;
  /** Engine of the data server, with which `verify` restores. */
  readonly image: EcpImage;
  /** Network by which a repository elsewhere is reached. Without such a repository the container has none. */
  readonly network: IEcpNetwork;
  /**
   * Provider of the data server's host.
   *
   * @default - the stack's own
   */
  readonly provider?: TerraformProvider;
}

const MEMORY_MIB = [64, 1048576, 'MiB'] as const;

/** A backup is for quiet moments: servers go first when the processor is short. */
const CPU_SHARES = 256;

/**
 * Backups of a data server: a container beside it that asks it for a consistent copy on a schedule and keeps that by restic, encrypted and
 * deduplicated. docs/backup.md says what is consistent and why.
 *
 * Resources: the image, `docker_volume` and `docker_container` for the files, `docker_container` for the backups. The repository is no
 * resource. Another schedule, retention or credential replaces this container and nothing else.
 */
export class EcpBackup extends Construct {
  /** The container, for what the properties do not cover. */
  public readonly container: Container;
  /** The Docker image, for what the properties do not cover. */
  public readonly image: Image;

  private readonly measured: Measured;

  /** @throws Error when a property breaks a rule or a file is missing. */
  constructor(scope: Construct, id: string, props: EcpBackupProps) {
    super(scope, id);
    this.measured = { clusterName: props.clusterName, engine: props.image.engine, server: props.dataServer.name };
    const {
      clusterName,
      dataServer,
      provider,
      schedule = '0 * * * *',
      freezeTimeoutSec = 600,
      memoryMiB = 256,
    } = props;
    requireName('clusterName', clusterName);
    requireSchedule('schedule', schedule);
    if (props.verify !== undefined) requireVerifiable(props.verify, props.image);
    requireKnownWholeNumber('freezeTimeoutSec', freezeTimeoutSec, 10, 86_400, 'seconds');
    requireWholeNumber('memoryMiB', memoryMiB, ...MEMORY_MIB);
    const keep = props.retention && requireRetention(props.retention);
    const { settings, files, volume, folder, isRemote } = repositoryParts(props.repository);
    requireOtherVolume(clusterName, volume, dataServer.dataVolumeName);
    const password = secret(BACKUP_FILES.password, 'passwordFile', props.passwordFile, 'a file with one password');
    dataServer.addVolume(BACKUP_DIRECTORY, backupVolumeName(clusterName));
    const { image, imageIdOn } = buildImage(new Construct(this, 'image'), {
      context: join(PACKAGE_FOLDER, 'images', 'backup'),
      repository: 'ecp-backup',
      baseImage: props.baseImage ?? rehearsalBaseOf(this),
      registry: props.registry,
      provider: props.registry === undefined ? provider : undefined,
    });
    this.image = image;
    const imageId = provider ? imageIdOn(provider) : image.imageId;

    const options = containerOptions(props);
    const host = containerName(clusterName, BACKUP_NAME);
    const frozen = Object.entries(dataServer.frozenVolumes);
    const directories = frozen.length > 0 ? frozen.map(([directory]) => directory) : undefined;
    const config = {
      cluster: clusterName,
      schedule,
      freezeSec: freezeTimeoutSec,
      keep,
      directories,
      verify: props.verify,
      ...settings,
    };
    const delivered: EcpFile[] = [
      { path: FILES.config, content: JSON.stringify(config, undefined, 2) },
      password,
      ...files,
    ];
    const { volume: filesVolume, delivery } = defineDelivery(this, {
      clusterName,
      server: DATA_SERVER_NAME,
      name: BACKUP_NAME,
      to: 'the backups',
      labels: options.labels,
      image: imageId,
      files: delivered,
      user: SERVER_UID,
      volumes: {
        [BACKUP_DIRECTORY]: backupVolumeName(clusterName),
        ...(volume === undefined ? {} : { [REPOSITORY_DIRECTORY]: volume }),
      },
      provider,
    });
    const repository: ContainerVolumes[] = [
      ...(volume === undefined ? [] : [{ volumeName: volume, containerPath: REPOSITORY_DIRECTORY }]),
      ...(folder === undefined ? [] : [{ hostPath: folder, containerPath: REPOSITORY_DIRECTORY }]),
    ];
    const container: Container = new Container(this, 'Resource', {
      name: host,
      // restic's locks name it.
      hostname: host,
      image: imageId,
      ...sealed(64),
      volumes: [
        filesVolume,
        { volumeName: backupVolumeName(clusterName), containerPath: BACKUP_DIRECTORY },
        ...frozen.map(([containerPath, volumeName]) => ({ volumeName, containerPath, readOnly: true })),
        ...repository,
      ],
      ...(isRemote ? { networksAdvanced: [{ name: props.network.networkId }] } : { networkMode: 'none' }),
      ...limits({ memoryMiB }, CPU_SHARES),
      ...restartAndLog(options),
      stopSignal: 'SIGTERM',
      stopTimeout: 30,
      destroyGraceSeconds: 30,
      healthcheck: {
        test: ['CMD', 'ecp-backup', 'healthcheck'],
        interval: goDuration(30),
        timeout: goDuration(10),
        startPeriod: goDuration(60),
        retries: 3,
      },
      labels: toLabels({
        [LABELS.cluster]: clusterName,
        [LABELS.server]: DATA_SERVER_NAME,
        [LABELS.role]: BACKUP_NAME,
        // The files are read at the start: others make another container, and so does what no plan looks at any more.
        [LABELS.files]: Lazy.stringValue({
          produce: () => shortHash({ ...unplannedOf(container), files: delivered.map(fingerprint) }),
        }),
        ...options.labels,
      }),
      lifecycle: { ignoreChanges: ['healthcheck', 'tmpfs', ...DAEMON_OWN] },
      dependsOn: [delivery, ...dataServer.dependsOn],
      provider,
    });
    guardAtApply(container, wholeNumberRule('memoryMiB', memoryMiB, ...MEMORY_MIB));
    this.container = container;
    if (props.verify !== undefined) defineVerifier(this, { ...props, options });
  }

  /** Age of the newest backup in seconds. This and the others are of a data server with the rehearsal engine, which tells them. */
  public metricAge(): string {
    return ownSelectorOf(this.measured, 'metricAge', 'ecp_backup_age_seconds');
  }

  /** Seconds since a backup was restored and compared. */
  public metricVerifiedAge(): string {
    return ownSelectorOf(this.measured, 'metricVerifiedAge', 'ecp_backup_verified_age_seconds');
  }

  /** Bytes of the newest backup. */
  public metricBytes(): string {
    return ownSelectorOf(this.measured, 'metricBytes', 'ecp_backup_bytes');
  }

  /** Seconds that the newest backup took. */
  public metricDuration(): string {
    return ownSelectorOf(this.measured, 'metricDuration', 'ecp_backup_duration_seconds');
  }

  /** 1 when the last try failed, else 0. */
  public metricFailed(): string {
    return ownSelectorOf(this.measured, 'metricFailed', 'ecp_backup_failed');
  }
}

function requireVerifiable(schedule: string, image: EcpImage): void {
  requireSchedule('verify', schedule);
  if (!image.features?.freezesFiles) return;
  throw new Refusal(
    `'verify' must be left out for the engine '${image.engine}', whose backups are tried out by a restore into another cluster, got '${schedule}'; take it out`,
  );
}

/** Of a secret its hash. */
function fingerprint(file: EcpFile): unknown {
  return 'source' in file ? [file.path, hostFileUpload('', file.source).sourceHash] : [file.path, file.content];
}

function requireOtherVolume(clusterName: string, volume: string | undefined, dataVolume: string): void {
  if (volume !== backupVolumeName(clusterName) && volume !== dataVolume) return;
  throw new Refusal(
    `'repository' must be a volume of its own, got '${volume}', which the data server uses; choose another, such as '${clusterName}-repository'`,
  );
}
