import { Refusal } from '../../contract/refusal';
import { shorten } from '../../contract/messages';
import { type Json, escapePointer } from './config-file';
import type { EcpEngine } from './engines';

type Entry = Readonly<Record<string, Json>>;

/** A server whose document may be about a mirror. */
interface MirrorFollower {
  readonly file: string;
  readonly role: string;
  readonly engine: Pick<EcpEngine, 'mirroredDirectory'>;
  /** Address of the mirror's first member. */
  readonly mirrorAddress?: string;
  readonly mirrorName?: string;
}

/**
 * Marks an application server's connection to a mirror: a failover member of IRIS refuses one that is not marked, and a data server
 * without a mirror one that is.
 *
 * @throws Refusal when the document has no entry for the mirror's first member, or marks another one.
 */
export function markMirror(
  document: Json,
  { file, role, mirrorAddress, mirrorName = '', engine }: MirrorFollower,
): Json {
  if (mirrorAddress === undefined || role !== 'app-server' || !isObject(document)) return document;
  const servers = Object.entries(isObject(document.ECPServers) ? document.ECPServers : {});
  for (const [name, entry] of servers)
    if (isObject(entry) && Number(entry.MirrorConnection ?? 0) === 1 && entry.Address !== mirrorAddress)
      throw new Refusal(
        `'${file}' /ECPServers/${escapePointer(name)}/MirrorConnection: must be left to 'mirror' of EcpCluster, which the address is no member of, got ${shorten(entry.MirrorConnection)}; take it out`,
      );
  const marked = servers.map(([name, entry]): [string, Json] =>
    isObject(entry) && entry.Address === mirrorAddress ? [name, { ...entry, MirrorConnection: 1 }] : [name, entry],
  );
  if (marked.every(([, entry]) => !isObject(entry) || entry.MirrorConnection !== 1))
    throw new Refusal(
      `'${file}' /ECPServers: must have an entry whose Address is the first member '${mirrorAddress}' where 'mirror' is set, got ${shorten(servers.map(([, entry]) => (isObject(entry) ? entry.Address : entry)))}; use \${DATASERVER_IP}`,
    );
  const names = marked.filter(([, entry]) => isObject(entry) && entry.MirrorConnection === 1).map(([name]) => name);
  const databases = Object.entries(isObject(document.Databases) ? document.Databases : {}).map(
    ([name, entry]): [string, Json] => {
      if (!isObject(entry) || !names.includes(String(entry.Server)) || typeof entry.Directory !== 'string')
        return [name, entry];
      return [
        name,
        { ...entry, Directory: engine.mirroredDirectory?.(mirrorName, entry.Directory) ?? entry.Directory },
      ];
    },
  );
  return {
    ...document,
    ECPServers: Object.fromEntries(marked),
    ...(databases.length > 0 ? { Databases: Object.fromEntries(databases) } : {}),
  } as Json;
}

function isObject(value: Json | undefined): value is Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
