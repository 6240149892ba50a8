import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FILES, FILES_DIRECTORY } from '../../contract/contract';
import { mapConcurrently } from '../map-concurrently';
import { copyOut } from './container';
import type { ServerReport } from './server-report';

/** What a configuration document says that a person may see; it may hold passwords elsewhere. */
export interface ConfigurationFacts {
  readonly databases: readonly { readonly name: string; readonly directory: string; readonly server?: string }[];
  readonly mappings: readonly { readonly namespace: string; readonly global: string; readonly database: string }[];
  readonly ecpServers: readonly {
    readonly name: string;
    readonly address: string;
    readonly port: string;
    readonly tls: boolean;
  }[];
}

/** A configuration document and the servers that have it. */
export interface Configuration extends ConfigurationFacts {
  readonly servers: readonly string[];
  /** Why the document could not be read; it then looks empty. */
  readonly problem?: string;
}

const NOTHING: ConfigurationFacts = { databases: [], mappings: [], ecpServers: [] };

/** A document is a few kB; one that is much larger is not read. */
const MAXIMUM_BYTES = 1_000_000;

/**
 * Reads the servers' documents, each once: servers of the same hash have the same one, and a server that does not
 * answer is taken to have the one that was deployed. `docker cp` reads from stopped and paused servers too.
 */
export async function readConfigurations(servers: readonly ServerReport[]): Promise<Configuration[]> {
  const byHash = new Map<string, ServerReport[]>();
  for (const each of servers) {
    const { actual, expected } = hashesOf(each);
    byHash.set(actual ?? expected, [...(byHash.get(actual ?? expected) ?? []), each]);
  }
  return mapConcurrently(4, [...byHash.values()], async same => ({
    servers: same.map(({ server }) => server.name),
    ...(await readDocument(same.find(({ status }) => status) ?? same[0]!)),
  }));
}

/** Hash of the deployed document and of the one in the server; the latter only when the server answers. */
export function hashesOf({ server, status }: ServerReport): { readonly expected: string; readonly actual?: string } {
  if (status) return status.config;
  const variable = 'ECP_CONFIG_SHA256=';
  const found = server.facts.Config.Env?.find(each => each.startsWith(variable));
  return { expected: found?.slice(variable.length) ?? '' };
}

async function readDocument({ server, status }: ServerReport): Promise<ConfigurationFacts & { problem?: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'ecp-status-'));
  const file = join(folder, FILES.config);
  try {
    const copied = await copyOut(server.facts, `${FILES_DIRECTORY}/${FILES.config}`, file);
    if (copied.code !== 0)
      return { ...NOTHING, problem: copied.stderr.trim() || `docker cp ended with ${copied.code}` };
    if (statSync(file).size > MAXIMUM_BYTES) return { ...NOTHING, problem: `it is larger than ${MAXIMUM_BYTES} bytes` };
    const text = readFileSync(file);
    const sha256 = createHash('sha256').update(text).digest('hex');
    if (status && sha256 !== status.config.actual) return { ...NOTHING, problem: 'it changed while it was read' };
    return readText(text.toString('utf8'));
  } catch (error) {
    return { ...NOTHING, problem: `it could not be read (${(error as Error).message})` };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Says of a text that is not JSON only that: the parser's own words quote its content, which may be a password. */
export function readText(text: string): ConfigurationFacts & { problem?: string } {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return { ...NOTHING, problem: 'it is not a configuration document (it is not JSON)' };
  }
  return factsOf(document);
}

/** Takes names, directories and addresses out of a Config-API document, and nothing else. */
export function factsOf(document: unknown): ConfigurationFacts {
  return {
    databases: entriesOf(document, 'Databases').map(([name, value]) => ({
      name,
      directory: textOf(value, 'Directory'),
      ...(textOf(value, 'Server') === '' ? {} : { server: textOf(value, 'Server') }),
    })),
    mappings: entriesOf(document, 'MapGlobals').flatMap(([namespace, list]) =>
      (Array.isArray(list) ? (list as unknown[]) : []).map(each => ({
        namespace,
        global: textOf(each, 'Name'),
        database: textOf(each, 'Database'),
      })),
    ),
    ecpServers: entriesOf(document, 'ECPServers').map(([name, value]) => ({
      name,
      address: textOf(value, 'Address'),
      port: textOf(value, 'Port') || '1972',
      tls: ['1', 'true'].includes(textOf(value, 'SSLConfig').toLowerCase()),
    })),
  };
}

function entriesOf(value: unknown, key: string): [string, unknown][] {
  const section = isObject(value) ? value[key] : undefined;
  return isObject(section) ? Object.entries(section) : [];
}

function textOf(value: unknown, key: string): string {
  const found = isObject(value) ? value[key] : undefined;
  return ['string', 'number', 'boolean'].includes(typeof found) ? String(found) : '';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
