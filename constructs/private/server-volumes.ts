import { BACKUP_DIRECTORY } from '../../contract/backup';
import { DURABLE_DIRECTORY, FILES_DIRECTORY } from '../../contract/contract';
import { Refusal } from '../../contract/refusal';

/** Directories that the engines use themselves. */
const TAKEN = [DURABLE_DIRECTORY, FILES_DIRECTORY, BACKUP_DIRECTORY, '/run/ecp', '/tmp', '/opt/ecp', '/usr/irissys'];
const SYSTEM = ['bin', 'boot', 'dev', 'etc', 'lib', 'lib64', 'proc', 'root', 'sbin', 'sys', 'usr', 'var'];

/** @throws Error when a directory or the name of a volume is none that a server can have. */
export function requireVolumes(volumes: Readonly<Record<string, string>>): void {
  for (const [directory, volume] of Object.entries(volumes)) {
    const isFree =
      /^(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$/.test(directory) &&
      !SYSTEM.includes(directory.split('/')[1]!) &&
      !TAKEN.some(taken => `${directory}/`.startsWith(`${taken}/`) || `${taken}/`.startsWith(`${directory}/`));
    if (!isFree)
      throw new Refusal(
        `'volumes' must name a directory of its own for each volume, outside of ${TAKEN.join(', ')} and the system's, got '${directory}'; choose another, such as '/databases'`,
      );
    requireVolumeName('volumes', volume, ` for '${directory}'`);
  }
}

/** @throws Error when a name is none that Docker takes for a volume. */
export function requireVolumeName(prop: string, volume: string, where = ''): void {
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]+$/.test(volume)) return;
  throw new Refusal(
    `'${prop}' must name a Docker volume by letters, digits, '_', '.' and '-', got '${volume}'${where}; correct it`,
  );
}
