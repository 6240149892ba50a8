import { createHash } from 'node:crypto';

/** The parts of a server's config file that say which globals are where. */
export interface MappingDocument {
  readonly Databases?: Readonly<Record<string, { readonly Directory?: string; readonly Server?: string }>>;
  readonly MapGlobals?: Readonly<Record<string, readonly { readonly Name: string; readonly Database: string }[]>>;
}

/** A mapping of an application server, and a node below it that no application has. */
export interface MappedGlobal {
  readonly namespace: string;
  /** As the config file has it: a name, a prefix and `*`, or a name with a range of subscripts. */
  readonly pattern: string;
  /** A node that the mapping covers, for one trial. */
  readonly reference: string;
  /** Name of the data server. */
  readonly dataServer: string;
  /** Directory of the database there. */
  readonly directory: string;
}

/** Where `^demo.ecp` is, the global of the article's exercise. */
export const EXERCISE_GLOBAL = 'demo.ecp';

/** All mappings of a document, each with a node of its own for the trial `key`. */
export function mappedGlobals(document: MappingDocument, key: string): MappedGlobal[] {
  return Object.entries(document.MapGlobals ?? {}).flatMap(([namespace, mappings]) =>
    mappings.flatMap(({ Name: pattern, Database: database }) => {
      const { Directory: directory = '', Server: dataServer = '' } = document.Databases?.[database] ?? {};
      const node = nodeBelow(pattern, key);
      // Without a data server it is a database of the application server itself.
      if (node === undefined || dataServer === '') return [];
      return [
        { namespace: namespace === '%ALL' ? 'USER' : namespace, pattern, reference: node, dataServer, directory },
      ];
    }),
  );
}

/** Whether a pattern covers a global's name. */
export function covers(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}

/** Name of the data server's database in a directory. */
export function databaseIn(document: MappingDocument, directory: string): string | undefined {
  const plain = (path: string): string =>
    path.replace(/^\$\{(MGRDIR|mgrdir)\}/, '/durable/iris/mgr/').replace(/\/*$/, '/');
  return Object.entries(document.Databases ?? {}).find(
    ([, each]) => plain(each.Directory ?? '') === plain(directory),
  )?.[0];
}

/** A range keeps its first subscript, so that the node is within it. */
function nodeBelow(pattern: string, key: string): string | undefined {
  const [, name = '', subscript] =
    /^(%?[A-Za-z][A-Za-z0-9.]*|)(?:\(("(?:[^"]|"")*"|-?[\d.]+)[,)].*|\*|)$/s.exec(pattern) ?? [];
  const isPrefix = pattern.endsWith('*');
  if (name === '' && !isPrefix) return undefined;
  if (name.startsWith('%')) return undefined;
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 8);
  // A letter first: a prefix may be empty or end with a dot.
  const global = isPrefix ? `${name}v${hash}` : name;
  return `^${global}(${subscript === undefined ? '' : `${subscript},`}"ecp.verify","${hash}")`;
}
