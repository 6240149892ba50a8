import { FILES_DIRECTORY } from '../../contract/contract';
import type { Server } from '../cluster';
import type { ContainerFacts } from '../docker';
import { run } from '../process';
import type { ContainerInState } from '../terraform/terraform';
import type { Drift } from './drift';
import { lookHere } from './files-here';

/** Prints which generation is shown, the list that came with it, and what the files are now, by the paths that a server reads. */
const LOOK = `shopt -s nullglob
cd ${FILES_DIRECTORY}
readlink current
echo =
cat current/.sha256
echo =
for file in * pki/*; do [[ -d "$file" ]] || sha256sum -- "$file"; done
echo complete`;

/**
 * Compares the files of a running server with what its delivery noted. The delivery's own log says which generation it showed, so
 * that an older volume put back by hand is found too; Terraform keeps the log of a delivery that it made.
 *
 * @param known containers that the Terraform state knows
 */
export async function filesDrift(
  server: Server,
  delivery: ContainerFacts | undefined,
  known: readonly ContainerInState[] = [],
): Promise<Drift[]> {
  if (!server.facts.State.Running || server.facts.State.Paused) return [];
  const [look, log] = await Promise.all([lookHere(server.facts) ?? lookInside(server), logOf(delivery, known)]);
  const delivered = [...log.matchAll(/^files delivered: (\S+)$/gm)].at(-1)?.[1];
  return compareFiles(look, delivered).map(what => ({ server: server.name, what, redeliver: true }));
}

async function lookInside({ facts }: Server): Promise<string> {
  return (await run('docker', ['exec', facts.Id, 'bash', '-c', LOOK], { timeoutSec: 15 })).stdout;
}

async function logOf(delivery: ContainerFacts | undefined, known: readonly ContainerInState[]): Promise<string> {
  if (!delivery) return '';
  const kept = known.find(({ id }) => id === delivery.Id)?.container_logs;
  if (kept) return kept;
  const log = await run('docker', ['logs', delivery.Id], { timeoutSec: 15 });
  return log.code === 0 ? log.stdout : '';
}

/**
 * @param look what the script above printed
 * @param delivered the generation that the delivery's log names; `undefined` when it is gone
 * @returns one sentence for each difference; none when the script did not come to its end, as in a server that just ends
 */
export function compareFiles(look: string, delivered: string | undefined): string[] {
  if (!look.endsWith('complete\n')) return [];
  const [link = '', list = '', now = ''] = look.split('=\n');
  const shown = link.trim().replace(/^\./, '');
  if (delivered !== undefined && shown !== delivered)
    return [`its files are not those that were delivered (shown is '${shown}', delivered was '${delivered}')`];
  const noted = readList(list);
  // A delivery of an older release left no list.
  if (noted.size === 0) return [];
  const found = readList(now);
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

function readList(text: string): Map<string, string> {
  return new Map([...text.matchAll(/^\\?([0-9a-f]{64}) [ *](.+)$/gm)].map(([, hash = '', path = '']) => [path, hash]));
}
