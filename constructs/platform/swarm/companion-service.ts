import type { ServiceTaskSpecContainerSpecMounts } from '@cdktf/provider-docker/lib/service';
import { DATA_SERVER_NAME, LABELS, SERVER_UID } from '../../../contract/contract';
import { containerName } from '../../../contract/names';
import type { EcpCompanionMount, EcpCompanionSpec } from '../companion-spec';
import { memoryFolders } from './mounts';
import type { OneTask } from './swarm-service';

/** A swarm waits for the first answer before it counts a task as started. */
const ASKED_EACH_SEC = 5;

/** The service of what runs beside the data server, but for what its swarm adds. A service has a network, whether it needs one or not. */
export function companionTask(spec: EcpCompanionSpec): Omit<OneTask, 'constraints' | 'provider'> {
  const { clusterName, name, memoryFolderMiB: sizeMiB } = spec;
  const serviceName = containerName(clusterName, name);
  const folders = ['/run/ecp', '/tmp'].map(path => ({ path, sizeMiB, mode: '0700' }));
  return {
    ...spec,
    serviceName,
    labels: {
      [LABELS.cluster]: clusterName,
      [LABELS.server]: DATA_SERVER_NAME,
      [LABELS.role]: name,
      ...spec.labels,
    },
    healthCheck: { ...spec.healthCheck, intervalSec: ASKED_EACH_SEC },
    user: SERVER_UID,
    readOnlyRoot: true,
    mounts: [...memoryFolders(serviceName, folders, SERVER_UID), ...spec.mounts.map(toMount)],
    networks: [{ network: spec.network }],
  };
}

function toMount({
  directory: target,
  volume,
  folder,
  readOnly,
}: EcpCompanionMount): ServiceTaskSpecContainerSpecMounts {
  return { type: folder === undefined ? 'volume' : 'bind', source: folder ?? volume, target, readOnly };
}
