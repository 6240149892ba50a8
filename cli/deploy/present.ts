import { LABELS } from '../../contract/contract';
import { placesOf } from '../access/endpoints';
import { findContainers } from '../access/servers';
import { askSwarm } from '../swarm/nodes';
import { servicesOf } from '../swarm/services';

/** A container or a service that serves somebody or keeps something: no delivery of files, and nothing of a moment. */
export interface Present {
  readonly id: string;
  /** What it is by its labels; its name in Docker may have been changed by hand. */
  readonly name: string;
}

/** What a container or a service with these labels is: the server's name, and before it the role of what belongs to one. */
export function nameByLabels(labels: Readonly<Record<string, string>>): string | undefined {
  const { [LABELS.role]: role = '', [LABELS.server]: server = '' } = labels;
  if (server === '' || role === 'delivery') return undefined;
  return ['data-server', 'app-server', server].includes(role) ? server : `${role} of ${server}`;
}

/** What of a cluster is there, whoever deployed it. */
export async function presentOf(cluster: string): Promise<Present[]> {
  if (placesOf(cluster).isSwarm) {
    const services = await servicesOf(cluster, (await askSwarm(cluster)).manager);
    return services.flatMap(({ id, role, server }) => {
      const name = nameByLabels({ [LABELS.role]: role, [LABELS.server]: server });
      return name === undefined ? [] : [{ id, name }];
    });
  }
  return (await findContainers(cluster)).flatMap(({ Id: id, Config: { Labels: labels } }) => {
    const name = nameByLabels(labels);
    return name === undefined ? [] : [{ id, name }];
  });
}

/** Names in order, each once. */
export function inOrder(names: readonly string[]): string[] {
  return [...new Set(names)].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}
