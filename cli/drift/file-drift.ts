import { deliveredGeneration, listDeliveredFiles, type FilesListing } from '../access/delivered-files';
import type { ContainerFacts } from '../access/docker';
import type { Part } from '../access/servers';
import type { ContainerInState } from '../terraform/terraform';
import type { Drift } from './drift';

/**
 * Compares the files of a running server with what its delivery noted. The delivery's own log says which generation it showed, so
 * that an older volume put back by hand is found too; Terraform keeps the log of a delivery that it made.
 *
 * @param known containers that the Terraform state knows
 */
export async function filesDrift(
  server: Part,
  delivery: ContainerFacts | undefined,
  known: readonly ContainerInState[] = [],
): Promise<Drift[]> {
  if (!server.facts.State.Running || server.facts.State.Paused) return [];
  const keptLog = known.find(({ id }) => id === delivery?.Id)?.container_logs;
  const [listing, delivered] = await Promise.all([
    listDeliveredFiles(server),
    deliveredGeneration(delivery, keptLog ?? undefined),
  ]);
  return compareFiles(listing, delivered).map(what => ({ server: server.name, what, redeliver: true }));
}

/**
 * @param listing undefined when the server could not be looked into
 * @param delivered the generation that the delivery's log names; `undefined` when it is gone
 * @returns one sentence for each difference
 */
export function compareFiles(listing: FilesListing | undefined, delivered: string | undefined): string[] {
  if (!listing) return [];
  const { generation, noted, found } = listing;
  if (delivered !== undefined && generation !== delivered)
    return [`its files are not those that were delivered (shown is '${generation}', delivered was '${delivered}')`];
  if (noted.size === 0) return [];
  const named = (what: string, paths: string[]): string[] =>
    paths.length > 0 ? [`${paths.join(', ')} ${paths.length > 1 ? 'were' : 'was'} ${what} by hand`] : [];
  const paths = [...noted.keys()];
  return [
    ...named(
      'changed',
      paths.filter(path => found.has(path) && found.get(path) !== noted.get(path)),
    ),
    ...named(
      'removed or made unreadable',
      paths.filter(path => !found.has(path)),
    ),
    ...named(
      'added',
      [...found.keys()].filter(path => !noted.has(path)),
    ),
  ];
}
