import type { EcpBackupOptions, EcpBackupRepository, EcpBackupRetention } from '../constructs';
import { variableOf, type Settings } from './settings';

/** How the settings want backups; nothing when they want none. */
export function backupOptions(settings: Settings): EcpBackupOptions | undefined {
  const { backupRepository, backupPasswordFile: passwordFile, backupRetention } = settings;
  if (backupRepository === undefined) return undefined;
  return {
    repository: repositoryOf(backupRepository, settings),
    passwordFile: required('backupPasswordFile', passwordFile, backupRepository),
    schedule: settings.backupSchedule,
    retention: backupRetention === undefined ? undefined : retentionOf(backupRetention),
    verify: settings.backupVerify,
    freezeTimeoutSec: settings.backupFreezeTimeoutSec,
    baseImage: settings.rehearsalBaseImage,
    registry: settings.registry,
  };
}

function repositoryOf(text: string, settings: Settings): EcpBackupRepository {
  const [, kind = '', rest = ''] = /^(volume:|folder:|sftp:\/\/|s3:)(.+)$/.exec(text) ?? [];
  if (kind === 'volume:') return { volume: rest };
  if (kind === 'folder:') return { folder: rest };
  if (kind === 's3:')
    return {
      s3Url: rest,
      s3Region: settings.backupS3Region,
      s3KeyIdFile: required('backupS3KeyIdFile', settings.backupS3KeyIdFile, text),
      s3SecretKeyFile: required('backupS3SecretKeyFile', settings.backupS3SecretKeyFile, text),
    };
  const [whole, sftpUser = '', sftpHost = '', port, sftpPath = ''] =
    /^([^@/]+)@([^@/:]+)(?::(\d{1,5}))?(\/.+)$/.exec(rest) ?? [];
  if (kind === 'sftp://' && whole !== undefined)
    return {
      sftpUser,
      sftpHost,
      sftpPort: port === undefined ? undefined : Number(port),
      sftpPath,
      sftpKeyFile: required('backupSftpKeyFile', settings.backupSftpKeyFile, text),
      sftpKnownHostsFile: required('backupSftpKnownHostsFile', settings.backupSftpKnownHostsFile, text),
    };
  throw new Error(
    `'backupRepository' must be volume:NAME, folder:PATH, sftp://USER@HOST/PATH or s3:URL, got '${text}'; correct it`,
  );
}

function required(setting: string, value: string | undefined, repository: string): string {
  if (value !== undefined) return value;
  throw new Error(
    `'${setting}' must be set beside the repository '${repository}', got nothing; give the path of a file in ${variableOf(setting)}`,
  );
}

/** `last=24,daily=7`; the construct says what is wrong with a number. */
function retentionOf(text: string): EcpBackupRetention {
  const parts = text.split(',').map(part => /^(last|hourly|daily|weekly|monthly)=(\d{1,6})$/.exec(part.trim()));
  if (parts.every(part => part !== null)) return Object.fromEntries(parts.map(([, kind, n]) => [kind, Number(n)]));
  throw new Error(
    `'backupRetention' must be such as 'last=24,daily=7,weekly=4', of last, hourly, daily, weekly and monthly, got '${text}'; correct it`,
  );
}
