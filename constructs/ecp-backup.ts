import type { Container } from '@cdktf/provider-docker/lib/container';
import type { Image } from '@cdktf/provider-docker/lib/image';
import type { TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { join } from 'node:path';
import {
  BACKUP_DIRECTORY,
  BACKUP_FILES,
  BACKUP_NAME,
  REPOSITORY_DIRECTORY,
  backupVolumeName,
} from '../contract/backup';
import { FILES } from '../contract/contract';
import { containerName } from '../contract/names';
import { Refusal } from '../contract/refusal';
import { repositoryParts, secret, type EcpBackupRepository } from './backup/repository';
import { requireRetention, type EcpBackupRetention } from './backup/retention';
import { requireSchedule } from './backup/schedule';
import { verifierOf } from './backup/verifier';
import type { EcpDataServer } from './ecp-data-server';
import type { EcpImage } from './ecp-image';
import type { IEcpNetwork } from './ecp-network';
import { DockerHost, requireContainer } from './platform/docker-host';
import type { IEcpPlatform } from './platform/ecp-platform';
import { guardAtApply, wholeNumberRule } from './private/apply-rules';
import { containerOptions, type EcpContainerOptions } from './private/container-options';
import { buildImage } from './private/image-build';
import { ownSelectorOf, type Measured } from './private/metrics';
import { PACKAGE_FOLDER } from './private/package-folder';
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
  /**
   * The other member of the mirror of `dataServer`: the one that is the active backup is copied, or the primary when there is none.
   *
   * @default - no mirror
   */
  readonly otherMember?: EcpDataServer;
  /** Engine of the data server, with which `verify` restores. */
  readonly image: EcpImage;
  /** Network by which a repository elsewhere is reached. Without such a repository the container has none. */
  readonly network: IEcpNetwork;
  /**
   * Where the data server runs.
   *
   * @default - the stack's own Docker host
   */
  readonly platform?: IEcpPlatform;
}

const MEMORY_MIB = [64, 1048576, 'MiB'] as const;

/** A backup is for quiet moments: servers go first when the processor is short. */
const CPU_SHARES = 256;

/**
 * Backups of a data server: a container beside it that asks it for a consistent copy on a schedule and keeps that by restic, encrypted and
 * deduplicated. docs/backup.md says what is consistent and why.
 *
 * Resources: the image, `docker_volume` and `docker_container` for the files, `docker_container` for the backups; on a swarm `docker_secret`
 * and `docker_service` for the files, `docker_service` for the backups. The repository is no resource. Another schedule, retention or
 * credential reaches nothing else.
 */
export class EcpBackup extends Construct {
  /** The resource that takes the backups, for what the properties do not cover: a `Container` on a `DockerHost`. */
  public readonly resource: TerraformResource;
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
      platform = new DockerHost(),
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
    const members = [dataServer, ...(props.otherMember ? [props.otherMember] : [])];
    requireMembers(props);
    for (const { dataVolumeName } of members) requireOtherVolume(clusterName, volume, dataVolumeName);
    const runBeside = requireRoomBeside(platform, props);
    const password = secret(BACKUP_FILES.password, 'passwordFile', props.passwordFile, 'a file with one password');
    for (const member of members) member.addVolume(BACKUP_DIRECTORY, backupVolumeName(clusterName));
    const built = buildImage(new Construct(this, 'image'), {
      context: join(PACKAGE_FOLDER, 'images', 'backup'),
      repository: 'ecp-backup',
      baseImage: props.baseImage ?? rehearsalBaseOf(this),
      registry: props.registry,
      provider: props.registry === undefined ? platform.provider : undefined,
    });
    this.image = built.image;
    const options = containerOptions(props);
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
    this.resource = runBeside(this, {
      ...options,
      clusterName,
      name: BACKUP_NAME,
      // restic's locks name it.
      hostname: containerName(clusterName, BACKUP_NAME),
      image: platform.imageOf?.({ ...built, engine: BACKUP_NAME, imageId: built.image.imageId }) ?? built.image.imageId,
      files: [{ path: FILES.config, content: JSON.stringify(config, undefined, 2) }, password, ...files],
      network: props.network,
      needsNetwork: isRemote,
      mounts: [
        { directory: BACKUP_DIRECTORY, volume: backupVolumeName(clusterName) },
        ...frozen.map(([directory, frozenVolume]) => ({ directory, volume: frozenVolume, readOnly: true })),
        ...(volume === undefined ? [] : [{ directory: REPOSITORY_DIRECTORY, volume }]),
        ...(folder === undefined ? [] : [{ directory: REPOSITORY_DIRECTORY, folder }]),
      ],
      memoryFolderMiB: 64,
      memoryMiB,
      cpuShares: CPU_SHARES,
      startTimeoutSec: 60,
      stopTimeoutSec: 30,
      healthCheck: { command: ['ecp-backup', 'healthcheck'], intervalSec: 30, timeoutSec: 10, retries: 3 },
      after: members.flatMap(({ dependsOn }) => dependsOn),
    });
    guardAtApply(this.resource, wholeNumberRule('memoryMiB', memoryMiB, ...MEMORY_MIB));
    if (props.verify !== undefined) runBeside(new Construct(this, 'verifier'), verifierOf(props, platform));
  }

  /**
   * The container, for what the properties do not cover.
   *
   * @throws Error when the platform has none.
   */
  public get container(): Container {
    return requireContainer(this.resource);
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

/** @throws Error when the platform cannot have backups. */
function requireRoomBeside(
  platform: IEcpPlatform,
  { registry }: EcpBackupOptions,
): NonNullable<IEcpPlatform['runBeside']> {
  if (!platform.runBeside)
    throw new Refusal(
      "'backup' must be left out on a platform that runs nothing beside a data server; take it out, or use a DockerHost or a Swarm",
    );
  if (platform.schedules && registry === undefined)
    throw new Refusal(
      "'registry' must be set for backups on a swarm, whose nodes pull their image, got nothing; name a registry that every node reaches",
    );
  return platform.runBeside.bind(platform);
}

/** @throws Error unless there are backups of all members of a mirror, of an engine that takes backups of one. */
function requireMembers({ dataServer: { name, mirror }, otherMember, image }: EcpBackupProps): void {
  if (mirror && image.features?.freezesFiles)
    throw new Refusal(
      `'backup' must be left out of a mirror of the engine '${image.engine}', of which this package takes no backups yet, got it beside the mirror '${mirror.name}'; take one of the two out`,
    );
  const other = mirror?.members.find(each => each !== name);
  if (otherMember?.name !== other)
    throw new Refusal(
      `'otherMember' must be the other member of the mirror of '${name}', ${other ? `'${other}'` : 'which is in none'}, got '${otherMember?.name ?? 'nothing'}'; ${other ? 'give it' : 'leave it out'}`,
    );
}

function requireVerifiable(schedule: string, image: EcpImage): void {
  requireSchedule('verify', schedule);
  if (!image.features?.freezesFiles) return;
  throw new Refusal(
    `'verify' must be left out for the engine '${image.engine}', whose backups are verified on demand, got '${schedule}'; take it out and run ./ecp backup --verify`,
  );
}

function requireOtherVolume(clusterName: string, volume: string | undefined, dataVolume: string): void {
  if (volume !== backupVolumeName(clusterName) && volume !== dataVolume) return;
  throw new Refusal(
    `'repository' must be a volume of its own, got '${volume}', which the data server uses; choose another, such as '${clusterName}-repository'`,
  );
}
