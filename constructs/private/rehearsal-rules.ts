import { shorten } from '../../contract/messages';
import { Refusal } from '../../contract/refusal';
import { type Json, escapePointer } from './config-file';

/** A rule of the rehearsal engine that a document can break and IRIS does not have: the engine's images/rehearsal/lib/config.jq has them all. */
interface RehearsalRule {
  /** Section, and the property of each of its entries; without one the name of the entry. */
  readonly section: string;
  readonly property?: string;
  readonly pattern: RegExp;
  readonly rule: string;
}

const DIRECTORY = /^\/durable\/([A-Za-z0-9_-][A-Za-z0-9._-]*\/?)+$/;
const BELOW_DURABLE = 'a directory below /durable for the rehearsal engine, which has no other place for data';

const RULES: readonly RehearsalRule[] = [
  { section: 'SYS.Databases', pattern: DIRECTORY, rule: BELOW_DURABLE },
  { section: 'Databases', property: 'Directory', pattern: DIRECTORY, rule: BELOW_DURABLE },
  {
    section: 'Security.SSLConfigs',
    property: 'CAFile',
    pattern: /^\//,
    rule: 'the path of a file for the rehearsal engine, which trusts no other authorities',
  },
  {
    section: 'ECPServers',
    property: 'Address',
    pattern: /^(?![0-9.]+$)[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/,
    rule: "a host name for the rehearsal engine, which looks for it in the data server's certificate",
  },
];

/** @throws Error when the engine would take the document and say at its start that it cannot work with it. */
export function checkRehearsalRules(
  document: Json,
  file: string,
  role: 'data-server' | 'app-server',
  mirror?: string,
): void {
  checkCounts(document as Readonly<Record<string, Readonly<Record<string, Json>>>>, file, mirror);
  if (role === 'app-server') checkMappings(document as unknown as Mappings, file);
  for (const { section, property, pattern, rule } of RULES) {
    const entries = Object.entries((document as Record<string, Record<string, Json>>)[section] ?? {});
    for (const [name, entry] of entries) {
      const value = property === undefined ? name : (entry as Record<string, Json>)[property];
      if (value === undefined || pattern.test(String(value))) continue;
      const pointer = [section, name, ...(property === undefined ? [] : [property])].map(escapePointer).join('/');
      throw new Refusal(`'${file}' /${pointer}: must be ${rule}, got ${shorten(value)}; correct it`);
    }
  }
  checkWhole(document as Readonly<Record<string, Readonly<Record<string, Json>>>>, file, role);
}

/** Without these no server becomes Normal: a server that works would be replaced by one that never does. */
const NEEDED = {
  'data-server': ['Security.SSLConfigs', 'SYS.Databases', 'Databases'],
  'app-server': ['Security.SSLConfigs', 'ECPServers', 'Databases', 'MapGlobals'],
} as const;

function checkWhole(
  document: Readonly<Record<string, Readonly<Record<string, Json>>>>,
  file: string,
  role: 'data-server' | 'app-server',
): void {
  const { Enabled: enabled } = (document['Security.Services']?.['%Service_ECP'] ?? {}) as Readonly<
    Record<string, Json>
  >;
  if (!/^(1|true)$/i.test(String(enabled)))
    throw new Refusal(
      `'${file}' /Security.Services/%Service_ECP/Enabled: must be true, since a server without ECP never becomes Normal, got ${enabled === undefined ? 'nothing' : shorten(enabled)}; set it`,
    );
  for (const section of NEEDED[role])
    if (Object.keys(document[section] ?? {}).length === 0)
      throw new Refusal(
        `'${file}' /${section}: must have an entry, since ${role === 'data-server' ? 'a data server' : 'an application server'} of the rehearsal engine never becomes Normal without, got none; add it`,
      );
}

/**
 * A data server of this engine has one database, and an application server takes as many ways out as it has ports for, or follows one
 * mirror.
 */
function checkCounts(
  document: Readonly<Record<string, Readonly<Record<string, Json>>>>,
  file: string,
  mirror?: string,
): void {
  const fault = (section: string, rule: string, got: string): never => {
    throw new Refusal(
      `'${file}' /${section}: must have ${rule} for the rehearsal engine, got ${got}; take out what is too many`,
    );
  };
  const servers = Object.values(document.Databases ?? {}).map(each =>
    String((each as Record<string, Json>).Server ?? ''),
  );
  const twice = servers.find((server, index) => servers.indexOf(server) !== index);
  if (twice !== undefined)
    fault('Databases', 'one entry for each data server', twice === '' ? String(servers.length) : `"${twice}" twice`);
  const files = Object.keys(document['SYS.Databases'] ?? {}).length;
  if (files > 1) fault('SYS.Databases', 'one entry', String(files));
  const ways = Object.keys(document.ECPServers ?? {}).length;
  if (mirror !== undefined && ways > 1) fault('ECPServers', `no entry beside the mirror '${mirror}'`, String(ways));
  if (ways > 8) fault('ECPServers', 'at most eight entries', String(ways));
}

/** The parts of an application server's document that say where globals are. */
interface Mappings {
  readonly Databases?: Readonly<Record<string, { readonly Server?: string }>>;
  readonly MapGlobals?: Readonly<Record<string, readonly { readonly Name: string; readonly Database: string }[]>>;
}

/** GT.M has one space of names: a name means one database, whatever namespace it is mapped in. */
function checkMappings({ Databases = {}, MapGlobals = {} }: Mappings, file: string): void {
  for (const [name, { Server: server }] of Object.entries(Databases))
    if (server === undefined || server === '')
      throw new Refusal(
        `'${file}' /Databases/${escapePointer(name)}: must have a Server for the rehearsal engine, whose application servers keep nothing, got none; add it`,
      );
  const maps = Object.entries(MapGlobals).flatMap(([namespace, list]) => list.map(map => ({ namespace, ...map })));
  for (const one of maps)
    for (const other of maps)
      if (one.Database !== other.Database && meet(one.Name, other.Name))
        throw new Refusal(
          `'${file}' /MapGlobals/${escapePointer(other.namespace)}: must map a name to one database for the rehearsal engine, got "${other.Name}" to ${other.Database} beside "${one.Name}" to ${one.Database} in ${one.namespace}; use other names`,
        );
}

/** Whether a global can be meant by both. */
function meet(one: string, other: string): boolean {
  const [a, b] = [one.replace(/\*$/, ''), other.replace(/\*$/, '')];
  if (one.endsWith('*') && other.endsWith('*')) return a.startsWith(b) || b.startsWith(a);
  if (one.endsWith('*')) return b.startsWith(a);
  return other.endsWith('*') ? a.startsWith(b) : a === b;
}
