import { FILES_DIRECTORY, LABELS } from '../../contract/contract';
import { deliveryName } from '../../contract/names';
import { UserError } from '../terminal';
import { execIn, logsOf, shellIn } from './container';
import type { ContainerFacts } from './docker';
import { listThroughProc, readThroughProc } from './proc-files';
import type { Server } from './servers';

/** Prints which generation is shown, the list that came with it, and what the files are now, by the paths that a server reads. */
const LIST = `shopt -s nullglob
cd ${FILES_DIRECTORY}
readlink current
echo =
cat current/.sha256
echo =
for file in * pki/*; do [[ -d "$file" ]] || sha256sum -- "$file"; done
echo complete`;

/** The files volume of a server, as the server sees it. */
export interface FilesListing {
  /** The generation that is shown. */
  readonly generation: string;
  /** SHA-256 by path, as the delivery noted them; empty when a delivery of an earlier release left no list. */
  readonly noted: ReadonlyMap<string, string>;
  /** SHA-256 by path, as they are now; what the server cannot read is not in it. */
  readonly found: ReadonlyMap<string, string>;
}

/** @returns undefined when a running server could not be looked into to the end, as one that just ends */
export async function listDeliveredFiles({ facts }: Pick<Server, 'facts'>): Promise<FilesListing | undefined> {
  return readListing(listThroughProc(facts) ?? (await shellIn(facts, LIST, 15)).stdout);
}

/** Reads what LIST prints. */
export function readListing(text: string): FilesListing | undefined {
  if (!text.endsWith('complete\n')) return undefined;
  const [link = '', noted = '', found = ''] = text.split('=\n');
  return { generation: link.trim().replace(/^\./, ''), noted: readHashes(noted), found: readHashes(found) };
}

function readHashes(text: string): Map<string, string> {
  return new Map([...text.matchAll(/^\\?([0-9a-f]{64}) [ *](.+)$/gm)].map(([, hash = '', path = '']) => [path, hash]));
}

/**
 * One file of a running server's newest delivery.
 *
 * @param file Below FILES_DIRECTORY, such as `pki/cert.pem`.
 * @throws UserError when it cannot be read
 */
export async function readDeliveredFile({ name, facts }: Server, file: string): Promise<string> {
  const text = readThroughProc(facts, file);
  if (text !== undefined) return text;
  const result = await execIn(facts, ['cat', `${FILES_DIRECTORY}/${file}`], { timeoutSec: 60 });
  if (result.code === 0) return result.stdout;
  throw new UserError(`${name} does not show its file ${file}: ${result.stderr.trim() || `exit code ${result.code}`}`);
}

/** The container that last delivered files to a server, unless it is gone. */
export function deliveryOf(
  server: Pick<Server, 'name' | 'facts'>,
  containers: readonly ContainerFacts[],
): ContainerFacts | undefined {
  const cluster = server.facts.Config.Labels[LABELS.cluster] ?? '';
  return containers.find(({ Name: name }) => name === `/${deliveryName(cluster, server.name)}`);
}

/** Names of the servers that files were delivered to. A web gateway's delivery has its server's label and another name. */
export function serversDeliveredTo(containers: readonly ContainerFacts[]): string[] {
  return containers.flatMap(({ Name: name, Config: { Labels: labels } }) => {
    const server = labels[LABELS.server] ?? '';
    return name === `/${deliveryName(labels[LABELS.cluster] ?? '', server)}` ? [server] : [];
  });
}

/**
 * The generation that a delivery says it brought.
 *
 * @param keptLog Its log as the Terraform state has it, so that Docker need not be asked.
 * @returns undefined when nobody can tell
 */
export async function deliveredGeneration(
  delivery: ContainerFacts | undefined,
  keptLog: string | undefined,
): Promise<string | undefined> {
  const log = keptLog || (delivery ? (await logsOf(delivery, { timeoutSec: 15 })).stdout : '');
  return [...log.matchAll(/^files delivered: (\S+)$/gm)].at(-1)?.[1];
}
