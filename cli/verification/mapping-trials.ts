import { randomUUID } from 'node:crypto';
import { FILES, FILES_DIRECTORY } from '../../contract/contract';
import { execIn } from '../access/container';
import { couldNot, runNode, setAndSync } from '../access/node';
import { whyOutOfReach, type Server } from '../access/servers';
import { bold } from '../terminal';
import { NotRun } from './check';
import { databaseIn, mappedGlobals, type MappedGlobal, type MappingDocument } from './mapped-globals';

/** One mapping, and the application servers that have it: the first one writes. */
export interface MappingTrial {
  readonly mapping: MappedGlobal;
  readonly servers: readonly [Server, ...Server[]];
}

/** The config file that a server has, when it can be read. */
export async function documentOf(server: Server): Promise<MappingDocument> {
  if (whyOutOfReach(server) !== undefined) return {};
  const { code, stdout } = await execIn(server.facts, ['cat', `${FILES_DIRECTORY}/${FILES.config}`], {
    timeoutSec: 30,
  });
  try {
    return code === 0 ? (JSON.parse(stdout) as MappingDocument) : {};
  } catch {
    return {};
  }
}

/** All mappings that a server has which may write; those that say the same on several servers belong together. */
export function trialsOf(
  documents: ReadonlyMap<Server, MappingDocument>,
  mayOnlyRead: readonly Server[],
): MappingTrial[] {
  const key = randomUUID();
  const found = new Map<string, MappingTrial>();
  const isReader = (server: Server): boolean => mayOnlyRead.includes(server);
  const writersFirst = [...documents].sort(([one], [other]) => Number(isReader(one)) - Number(isReader(other)));
  for (const [server, document] of writersFirst) {
    if (server.role !== 'app-server') continue;
    for (const mapping of mappedGlobals(document, key)) {
      const same = JSON.stringify(mapping);
      const before = found.get(same);
      found.set(same, { mapping, servers: before ? [...before.servers, server] : [server] });
    }
  }
  return [...found.values()].filter(({ servers: [writer] }) => !isReader(writer));
}

/** Whether a mapping leads to the data server; the members of a mirror have the first one's name in config files, whichever is the primary. */
export function isOf(
  { dataServer }: MappedGlobal,
  { role, name, facts }: Server,
  documents: ReadonlyMap<Server, MappingDocument>,
): boolean {
  if (role !== 'data-server') return false;
  if (name === dataServer) return true;
  const others = [...documents.keys()].filter(each => each.role === 'data-server' && each.name !== name);
  const members = /^ECP_MIRROR_MEMBERS=(.*)$/m.exec((facts.Config.Env ?? []).join('\n'))?.[1] ?? '';
  return others.length === 0 && members.split(' ').includes(dataServer);
}

/** A node that the first server writes is read by the others and by the data server, and then removed. */
export async function tryMapping(
  { mapping, servers }: MappingTrial,
  documents: ReadonlyMap<Server, MappingDocument>,
  show: (line: string) => void,
): Promise<string[]> {
  const [writer] = servers;
  const { namespace, pattern, reference } = mapping;
  const value = `${new Date().toISOString()} write from ${writer.name}`;
  const at = ['--namespace', namespace];
  const readers = servers.map(server => ({ server, at }));
  const owner = [...documents.keys()].find(server => isOf(mapping, server, documents));
  const database = owner && databaseIn(documents.get(owner)!, mapping.directory);
  if (owner && database !== undefined) readers.push({ server: owner, at: ['--namespace', database] });
  try {
    const unwritten = await setAndSync(writer, [...at, reference], value);
    if (unwritten !== undefined) return [unwritten];
    const problems = await Promise.all(
      readers.map(async ({ server, at: place }) => {
        const { stdout, ...result } = await runNode(server, ['get', ...place, reference]);
        if (result.code !== 0) return [couldNot(server, ['get', reference], result)];
        return stdout.replace(/\n$/, '') === value
          ? []
          : [`${server.name} read ${reference} as ${JSON.stringify(stdout)}`];
      }),
    );
    show(`${bold(writer.name)} mapping ^${pattern} of ${namespace}: ${readers.length} servers read ${reference}`);
    return problems.flat();
  } finally {
    await runNode(writer, ['kill', ...at, reference]);
  }
}

/** A node on the data server that no application has, as an application server reaches it. */
export interface TrialNode {
  readonly namespace: string;
  readonly reference: string;
}

/** A node below the first mapping to the data server. @throws NotRun when there is none. */
export async function trialNode(appServer: Server, dataServer: Server, key: string): Promise<TrialNode> {
  const mappings = mappedGlobals(await documentOf(appServer), key);
  const found = mappings.find(mapping => mapping.dataServer === dataServer.name) ?? mappings[0];
  if (!found) throw new NotRun(`${appServer.name} maps no global to a data server`);
  return found;
}
