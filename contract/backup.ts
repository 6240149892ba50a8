/** What a backup container, the data server beside it and the command agree on. What it means: docs/container-contract.md. */

/** Host name of the backup container behind the cluster's, its part of the names in Docker, and its role by its label. */
export const BACKUP_NAME = 'backup';

/** The same of the container that restores backups to try them out. */
export const VERIFIER_NAME = 'backup-verifier';

/** Volume that the data server and the backup container share: requests, answers, the copy that is being backed up. */
export const BACKUP_DIRECTORY = '/backup';

/** Where a repository is that is a volume or a folder. */
export const REPOSITORY_DIRECTORY = '/repository';

/** Files below `/ecp/files` of the backup container beside `config.json`. */
export const BACKUP_FILES = {
  password: 'repository-password',
  sftpKey: 'sftp-key',
  sftpKnownHosts: 'sftp-known-hosts',
  s3KeyId: 's3-key-id',
  s3SecretKey: 's3-secret-key',
} as const;

/** Name of that shared volume. */
export function backupVolumeName(cluster: string): string {
  return `${cluster}-${BACKUP_NAME}`;
}

/** Id of a backup: when it began, in UTC. */
export const BACKUP_ID = /^\d{8}T\d{6}Z$/;
