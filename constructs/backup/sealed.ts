import type { ContainerConfig } from '@cdktf/provider-docker/lib/container';
import { SERVER_UID } from '../../contract/contract';
import { memoryFolders } from '../platform/container-settings';

/** What the containers of backups and the entry point have in common: the servers' user without any right, who writes into memory alone. */
export function sealed(memoryFolderMiB: number): Partial<ContainerConfig> {
  const folders = ['/run/ecp', '/tmp'].map(path => ({ path, sizeMiB: memoryFolderMiB, mode: '0700' }));
  return {
    user: String(SERVER_UID),
    capabilities: { drop: ['ALL'] },
    securityOpts: ['no-new-privileges'],
    readOnly: true,
    tmpfs: memoryFolders(folders, SERVER_UID),
  };
}
