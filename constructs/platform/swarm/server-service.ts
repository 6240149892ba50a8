import { DURABLE_DIRECTORY, LABELS } from '../../../contract/contract';
import { containerName } from '../../../contract/names';
import type { EcpServerSpec } from '../server-spec';
import { memoryFolders, plainVolume } from './mounts';
import type { OneTask } from './swarm-service';

/** The service of one server, but for what its swarm adds. */
export function serverTask(server: EcpServerSpec): Omit<OneTask, 'constraints' | 'provider'> {
  const { name, clusterName, tmpfs, user, volumes } = server;
  const serviceName = containerName(clusterName, name);
  return {
    ...server,
    serviceName,
    labels: {
      [LABELS.cluster]: clusterName,
      [LABELS.engine]: server.engine,
      [LABELS.server]: name,
      [LABELS.role]: server.role,
      ...server.labels,
    },
    hostname: name,
    mounts: [
      ...memoryFolders(serviceName, tmpfs, user),
      ...(server.dataVolumeName ? [plainVolume(server.dataVolumeName, DURABLE_DIRECTORY)] : []),
      ...Object.entries(volumes).map(([directory, source]) => plainVolume(source, directory)),
    ],
    networks: [{ network: server.network, aliases: [name] }, ...server.furtherNetworks.map(network => ({ network }))],
  };
}
