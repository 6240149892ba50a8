import { resolve } from 'node:path';
import { BACKUP_FILES, REPOSITORY_DIRECTORY } from '../../contract/backup';
import { Refusal } from '../../contract/refusal';
import type { EcpFile } from '../ecp-image';
import { requireFile, requireKnown, requirePort } from '../private/validate';

/** A repository in a Docker volume of the data server's host. No plan and no command removes it. */
export interface EcpVolumeRepository {
  /** Name of the volume. Docker makes it when it is missing. */
  readonly volume: string;
}

/** A repository in a folder of the data server's host. */
export interface EcpFolderRepository {
  /** Absolute path of the folder, which is given to the servers' user. */
  readonly folder: string;
}

/** A repository on an SFTP server. */
export interface EcpSftpRepository {
  /** Host name or address. */
  readonly sftpHost: string;
  /**
   * TCP port.
   *
   * @default 22
   */
  readonly sftpPort?: number;
  /** User there. */
  readonly sftpUser: string;
  /** Path there, from the root or from the user's folder. */
  readonly sftpPath: string;
  /** Path of the file with the user's private key, without a passphrase. */
  readonly sftpKeyFile: string;
  /** Path of a file with the server's public key, as ssh-keyscan(1) prints it. A server with another key is refused. */
  readonly sftpKnownHostsFile: string;
}

/** A repository in S3 or what speaks its protocol. */
export interface EcpS3Repository {
  /** URL of a bucket, with a path in it if wanted, such as `https://s3.eu-central-1.amazonaws.com/bucket/ecp`. */
  readonly s3Url: string;
  /**
   * Region of the bucket.
   *
   * @default - what the server says
   */
  readonly s3Region?: string;
  /** Path of a file with the id of the access key. */
  readonly s3KeyIdFile: string;
  /** Path of a file with the secret access key. */
  readonly s3SecretKeyFile: string;
}

/** Where backups are kept. */
export type EcpBackupRepository = EcpVolumeRepository | EcpFolderRepository | EcpSftpRepository | EcpS3Repository;

/** A repository as its container sees it. */
export interface RepositoryParts {
  /** What config.json says of it. */
  readonly settings: Readonly<Record<string, string | number>>;
  /** Its credentials. */
  readonly files: readonly EcpFile[];
  /** Volume at `/repository`. */
  readonly volume?: string;
  /** Folder of the host at `/repository`. */
  readonly folder?: string;
  /** Whether it takes a network to reach it. */
  readonly isRemote: boolean;
}

/** @throws Error when a part breaks a rule or a file is missing. */
export function repositoryParts(repository: EcpBackupRepository): RepositoryParts {
  if ('volume' in repository) {
    requireShape(
      'repository',
      repository.volume,
      /^[A-Za-z0-9][A-Za-z0-9_.-]+$/,
      "a Docker volume by letters, digits, '_', '.' and '-'",
    );
    return {
      settings: { repository: REPOSITORY_DIRECTORY, name: repository.volume },
      files: [],
      volume: repository.volume,
      isRemote: false,
    };
  }
  if ('folder' in repository) {
    const shape = /^(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$/;
    requireShape('repository', repository.folder, shape, "a folder by its absolute path, such as '/srv/backups'");
    return {
      settings: { repository: REPOSITORY_DIRECTORY, name: repository.folder },
      files: [],
      folder: repository.folder,
      isRemote: false,
    };
  }
  return 'sftpHost' in repository ? sftpParts(repository) : s3Parts(repository);
}

function sftpParts(repository: EcpSftpRepository): RepositoryParts {
  const { sftpHost, sftpUser, sftpPath, sftpPort = 22 } = repository;
  // They become words of ssh's command line.
  requireShape('sftpHost', sftpHost, /^[A-Za-z0-9][A-Za-z0-9.-]*$/, 'a host name or an address');
  requireShape('sftpUser', sftpUser, /^[A-Za-z_][A-Za-z0-9._-]*$/, 'a user');
  requireShape('sftpPath', sftpPath, /^\/?([A-Za-z0-9_-][A-Za-z0-9._-]*\/?)+$/, 'a path without spaces');
  requireKnown('sftpPort', sftpPort);
  requirePort('sftpPort', sftpPort);
  return {
    settings: { repository: 'sftp:', sftpHost, sftpUser, sftpPath, sftpPort },
    files: [
      secret(BACKUP_FILES.sftpKey, 'sftpKeyFile', repository.sftpKeyFile, 'a file with a private key'),
      secret(
        BACKUP_FILES.sftpKnownHosts,
        'sftpKnownHostsFile',
        repository.sftpKnownHostsFile,
        'a file with keys of hosts',
      ),
    ],
    isRemote: true,
  };
}

function s3Parts(repository: EcpS3Repository): RepositoryParts {
  const { s3Url, s3Region } = repository;
  const shape = /^https?:\/\/[A-Za-z0-9.-]+(:\d{1,5})?(\/[A-Za-z0-9._-]+)+$/;
  requireShape('s3Url', s3Url, shape, "the URL of a bucket, such as 'https://s3.example.org/bucket'");
  if (s3Region !== undefined) requireShape('s3Region', s3Region, /^[a-z0-9-]+$/, 'a region');
  return {
    settings: { repository: `s3:${s3Url}`, ...(s3Region === undefined ? {} : { s3Region }) },
    files: [
      secret(BACKUP_FILES.s3KeyId, 's3KeyIdFile', repository.s3KeyIdFile, 'a file with the id of a key'),
      secret(BACKUP_FILES.s3SecretKey, 's3SecretKeyFile', repository.s3SecretKeyFile, 'a file with a secret key'),
    ],
    isRemote: true,
  };
}

/** A file by its path, so that what is in it is in no state. */
export function secret(path: string, prop: string, file: string, what: string): EcpFile {
  return { path, source: resolve(requireFile(prop, file, what)) };
}

function requireShape(prop: string, value: string, shape: RegExp, what: string): void {
  requireKnown(prop, value);
  if (shape.test(value)) return;
  throw new Refusal(`'${prop}' must name ${what}, got '${value}'; correct it`);
}
