import Ajv, { type ErrorObject } from 'ajv';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DURABLE_DIRECTORY } from '../../contract/contract';
import { cutWords, editDistance, shorten } from '../../contract/messages';
import { Refusal } from '../../contract/refusal';
import type { EcpRemoteDatabase } from '../ecp-app-server';
import { escapePointer, readConfigFile, type Json } from './config-file';
import { ConfigVariables, isPredefined, variablesIn } from './config-variables';
import type { EcpEngine } from './engines';
import { withoutNewerProperties } from './newer-properties';
import { PACKAGE_FOLDER } from './package-folder';
import { addRemoteDatabases } from './remote-databases';
import { markMirror } from './mirror-connection';

/** A rendered and checked Config-API document. */
export interface ConfigDocument {
  /** The document as it is delivered. */
  readonly text: string;
  /** SHA-256 of `text` in hexadecimal. */
  readonly sha256: string;
  /** Data servers that it names. */
  readonly dataServers: number;
  /** What is taken without knowing whether the server's release has it; one sentence each. */
  readonly notes: readonly string[];
}

/** The document of a server that has nothing to configure. */
export const EMPTY_CONFIG_DOCUMENT: ConfigDocument = documentOf({}, []);

/** What `renderConfigDocument` works on. */
export interface ConfigDocumentSource {
  /** Path of a Config-API document with `${VARIABLE}` in its strings. */
  readonly file: string;
  /** Values of the variables. */
  readonly variables: Readonly<Record<string, string>>;
  /** The server that the document is for. */
  readonly role: 'data-server' | 'app-server';
  /** Accepts settings that disable mutual TLS. */
  readonly allowInsecure: boolean;
  /** The engine that reads the document. */
  readonly engine: EcpEngine;
  /**
   * Algorithm of the server's key.
   *
   * @default "RSA"
   */
  readonly keyAlgorithm?: 'RSA' | 'ECDSA';
  /**
   * Directories that outlive the container.
   *
   * @default - /durable
   */
  readonly durableDirectories?: readonly string[];
  /**
   * Databases that are added to an application server's document.
   *
   * @default - none
   */
  readonly remoteDatabases?: readonly EcpRemoteDatabase[];
  /**
   * Address of the mirror's first member, whose entries are marked as a mirror's.
   *
   * @default - no mirror
   */
  readonly mirrorAddress?: string;
  /**
   * Name of the mirror that the server is a member of or follows.
   *
   * @default - none
   */
  readonly mirrorName?: string;
}

/** Our two documents, the article's with its mistakes fixed. */
export const DEFAULT_CONFIG_FILE = {
  'data-server': join(PACKAGE_FOLDER, 'config-files', 'data-server.json'),
  'app-server': join(PACKAGE_FOLDER, 'config-files', 'app-server.json'),
} as const;

const SCHEMA_FILE = join(PACKAGE_FOLDER, 'config-files', 'config-api.schema.json');

const ajv = new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true });
const validate = ajv.compile(JSON.parse(readFileSync(SCHEMA_FILE, 'utf8')) as object);

/**
 * Reads a document, puts in the variables and checks the result: at synth, where a mistake costs nothing. IRIS's own loader skips
 * unknown sections in silence (lscalese/iris-config-api, src/Api/Config/Services/Loader.cls). `Defaults` is left out of the result, as
 * that loader does; what it predefines, such as `${MGRDIR}`, stays in it.
 *
 * @throws Error with file, JSON pointer, value and what is allowed.
 */
export function renderConfigDocument(source: ConfigDocumentSource): ConfigDocument {
  const { defaults, sections } = takeDefaults(readConfigFile(source.file), source.file);
  const variables = new ConfigVariables(source.variables, defaults);
  const unset: Unset[] = [];
  const written = substitute(sections, { source, variables, unset }, '');
  checkVariables(unset, variables, source);
  const document = markMirror(addRemoteDatabases(written, source.remoteDatabases ?? []), source);
  const { known, pointers } = withoutNewerProperties(document);
  checkSchema(known, source.file);
  checkSecurity(document, source);
  source.engine.checkConfig?.({
    document,
    file: source.file,
    role: source.role,
    keyAlgorithm: source.keyAlgorithm ?? 'RSA',
    durableDirectories: source.durableDirectories ?? [DURABLE_DIRECTORY],
    mirror: source.mirrorName,
  });
  return documentOf(document, [
    ...pointers.map(pointer => `'${source.file}' ${pointer}: ${NEWER}`),
    ...noteCaFiles(document, source.file),
  ]);
}

function documentOf(document: Json, notes: readonly string[]): ConfigDocument {
  const text = `${JSON.stringify(document, null, 2)}\n`;
  return {
    text,
    sha256: createHash('sha256').update(text).digest('hex'),
    dataServers: countDataServers(document),
    notes,
  };
}

const NEWER = 'Config-API 1.4.1 does not describe it; IRIS takes it when its release has it';

/** Allowed, since IRIS has other places for authorities; the files that a server gets are not used then. */
function noteCaFiles(document: Json, file: string): string[] {
  const configurations = Object.entries(
    ((document as Record<string, Json>)['Security.SSLConfigs'] ?? {}) as Record<string, Record<string, Json>>,
  );
  return configurations
    .filter(([, { CAFile: caFile }]) => caFile === '')
    .map(
      ([name]) =>
        `'${file}' /Security.SSLConfigs/${name}/CAFile: empty; IRIS then trusts CAPath and not the delivered authorities`,
    );
}

/** The values of the section `Defaults`, and the document without it. */
function takeDefaults(document: Json, file: string): { defaults: Record<string, string>; sections: Json } {
  if (document === null || typeof document !== 'object' || Array.isArray(document) || !('Defaults' in document))
    return { defaults: {}, sections: document };
  const { Defaults, ...sections } = document as Readonly<Record<string, Json>>;
  if (Defaults === null || typeof Defaults !== 'object' || Array.isArray(Defaults))
    throw new Refusal(`'${file}' /Defaults: must be an object of variables, got ${shorten(Defaults)}`);
  const defaults = Object.entries(Defaults).map(([name, value]) => {
    if (typeof value === 'string' || typeof value === 'number') return [name, String(value)];
    // ObjectScript has no other truth values.
    if (typeof value === 'boolean') return [name, value ? '1' : '0'];
    throw new Refusal(`'${file}' /Defaults/${escapePointer(name)}: must be a text or a number, got ${shorten(value)}`);
  });
  return { defaults: Object.fromEntries(defaults) as Record<string, string>, sections };
}

/** A document of Config-API has four levels; recursion without an end would end in a stack overflow. */
const DEEPEST = 100;

/** A variable that was left in the document, and where. */
interface Unset {
  readonly name: string;
  readonly pointer: string;
}

/** What `substitute` carries along. */
interface Substitution {
  readonly source: ConfigDocumentSource;
  readonly variables: ConfigVariables;
  /** Grows. */
  readonly unset: Unset[];
}

/** Variables go into parsed strings and not into the text, so that no value can break the document. */
function substitute(value: Json, work: Substitution, pointer: string, depth = 0): Json {
  const { file } = work.source;
  if (depth > DEEPEST)
    throw new Refusal(`'${file}' ${pointer.slice(0, 40)}…: nests deeper than ${DEEPEST} levels; flatten it`);
  if (typeof value === 'string') return substituteText(value, work, pointer);
  if (Array.isArray(value))
    return value.map((item, index) => substitute(item as Json, work, `${pointer}/${index}`, depth + 1));
  if (value === null || typeof value !== 'object') return value;
  const entries = new Map<string, Json>();
  for (const [key, item] of Object.entries(value)) {
    const here = `${pointer}/${escapePointer(key)}`;
    const name = substituteText(key, work, here);
    if (entries.has(name))
      throw new Refusal(`'${file}' ${here}: becomes '${name}', which exists already; merge the two`);
    entries.set(name, substitute(item as Json, work, here, depth + 1));
  }
  return Object.fromEntries(entries);
}

function substituteText(text: string, { source, variables, unset }: Substitution, pointer: string): string {
  const replaced = variables.replaceIn(text, `'${source.file}' ${pointer}`);
  for (const name of variablesIn(replaced)) {
    if (isPredefined(name) && !variables.has(name) && !mustBeKnown(pointer, source)) continue;
    unset.push({ name, pointer });
  }
  return replaced;
}

/** Sections of which each server needs to know what they say: the rehearsal engine acts on them and has nothing predefined. */
const ACTED_ON = [
  'Security.Services',
  'Security.SSLConfigs',
  'Security.System',
  'SYS.Databases',
  'Databases',
  'ECPServers',
  'MapGlobals',
];

/** Whether what IRIS predefines is of no use at this place. */
function mustBeKnown(pointer: string, { engine, role }: ConfigDocumentSource): boolean {
  const [, section = ''] = pointer.split('/');
  // An application server's databases have directories of the data server, where `${MGRDIR}` is another one.
  if (role === 'app-server' && section === 'Databases') return true;
  return !engine.features?.predefinedVariables && ACTED_ON.includes(section);
}

/** Names of this many variables fill a sentence. */
const SHOWN = 20;

/** All at once: to name them one by one would cost a run each. */
function checkVariables(
  unset: readonly Unset[],
  variables: ConfigVariables,
  { file, engine }: ConfigDocumentSource,
): void {
  const first = unset.filter(({ name }, index) => unset.findIndex(other => other.name === name) === index);
  const [only] = first;
  if (!only) return;
  const circular = first.find(({ name }) => variables.has(name));
  if (circular)
    throw new Refusal(
      `'${file}' ${circular.pointer}: variable '\${${circular.name}}' is still there after three passes, as Config-API makes them; let its value not lead back to it`,
    );
  const predefined = first.find(({ name }) => isPredefined(name));
  const why = predefined
    ? ` ('\${${predefined.name}}' is known to a running IRIS alone, ${engine.features?.predefinedVariables ? 'and means the data server here' : 'and not to the rehearsal engine'})`
    : '';
  const names = variables.names.length > 0 ? ` or use one of ${variables.names.join(', ')}` : '';
  if (first.length === 1)
    throw new Refusal(
      `'${file}' ${only.pointer}: variable '\${${only.name}}' has no value${why}; set it in 'configVariables'${names}`,
    );
  const shown = first.slice(0, SHOWN).map(({ name, pointer }) => `'\${${name}}' (${pointer})`);
  const more = first.length > SHOWN ? ` and ${first.length - SHOWN} more` : '';
  throw new Refusal(
    `'${file}': variables ${shown.join(', ')}${more} have no value${why}; set them in 'configVariables'${names}`,
  );
}

function checkSchema(document: Json, file: string): void {
  if (validate(document)) return;
  // The messages of `anyOf` branches say less than the message of the `anyOf` itself, which the schema gives as a title.
  const errors = (validate.errors ?? []).filter(error => !error.schemaPath.includes('/anyOf/'));
  const shown = errors.slice(0, 5).map(error => `'${file}' ${describe(error)}`);
  const more = errors.length > shown.length ? [`and ${errors.length - shown.length} more`] : [];
  throw new Refusal(cutWords([...shown, ...more].join('\n')));
}

function describe(error: ErrorObject): string {
  const pointer = error.instancePath || '/';
  if (error.keyword === 'additionalProperties') {
    const { additionalProperty } = error.params as { additionalProperty: string };
    const known = Object.keys((error.parentSchema as { properties?: object }).properties ?? {});
    const word = pointer === '/' ? 'section' : 'property';
    return `${error.instancePath}/${escapePointer(additionalProperty)}: unknown ${word} '${additionalProperty}'; ${suggestionFor(additionalProperty, known)}`;
  }
  if (error.keyword === 'required') {
    const { missingProperty } = error.params as { missingProperty: string };
    return `${pointer}: '${missingProperty}' is missing; add it`;
  }
  const rule =
    (error.parentSchema as { description?: string } | undefined)?.description ?? error.message ?? error.keyword;
  return `${pointer}: must be ${rule.replace(/^must be /, '')}, got ${shorten(error.data)}`;
}

/** Names close to a misspelt one, or all of them when none is close. */
function suggestionFor(name: string, known: readonly string[]): string {
  const plain = (text: string): string => text.toLowerCase().replace(/[^a-z]/g, '');
  const wanted = plain(name);
  const close = known.filter(candidate => {
    const other = plain(candidate);
    if (wanted === '') return false;
    return other.includes(wanted) || wanted.includes(other) || editDistance(other, wanted) <= 2;
  });
  if (close.length > 0) return `did you mean ${close.map(candidate => `'${candidate}'`).join(' or ')}?`;
  return `allowed are ${known.join(', ')}`;
}

/** One rule of mutual TLS: where it is in the document (`*` for every entry), the least value, and why. */
interface SecurityRule {
  readonly path: readonly string[];
  readonly least: number;
  readonly why: string;
}

const SECURITY_RULES: Readonly<Record<ConfigDocumentSource['role'], readonly SecurityRule[]>> = {
  'data-server': [
    {
      path: ['Security.System', 'SSLECPServer'],
      least: 2,
      why: 'below 2 the data server still takes ECP in clear text',
    },
    {
      path: ['Security.SSLConfigs', '%ECPServer', 'VerifyPeer'],
      least: 3,
      why: 'below 3 the data server takes application servers without a certificate',
    },
  ],
  'app-server': [
    {
      path: ['ECPServers', '*', 'SSLConfig'],
      least: 1,
      why: 'without it the application server speaks ECP in clear text',
    },
    {
      path: ['Security.SSLConfigs', '%ECPClient', 'VerifyPeer'],
      least: 1,
      why: 'without it the application server talks to anyone who answers instead of the data server',
    },
  ],
};

function checkSecurity(document: Json, { file, role, allowInsecure }: ConfigDocumentSource): void {
  if (allowInsecure) return;
  for (const rule of SECURITY_RULES[role]) {
    for (const { pointer, value } of valuesAt(document, rule.path)) {
      if (value !== undefined && Number(value) >= rule.least) continue;
      throw new Refusal(
        `'${file}' ${pointer}: must be ${rule.least} (${rule.why}), got ${value === undefined ? 'nothing' : shorten(value)}; set it, or set 'allowInsecure'`,
      );
    }
  }
}

/** The value at a path, or `undefined` where the path ends early; `*` stands for every entry of an object. */
function valuesAt(start: Json, path: readonly string[]): { pointer: string; value: Json | undefined }[] {
  let found: { pointer: string; value: Json | undefined }[] = [{ pointer: '', value: start }];
  for (const key of path) {
    found = found.flatMap(({ pointer, value }) => {
      const entries = (value ?? {}) as Record<string, Json>;
      const keys = key === '*' ? Object.keys(entries) : [key];
      return keys.map(each => ({ pointer: `${pointer}/${escapePointer(each)}`, value: entries[each] }));
    });
  }
  return found;
}

/** Data servers that an application server's document names. */
function countDataServers(document: Json): number {
  return Object.keys(((document as Record<string, Json>).ECPServers ?? {}) as object).length;
}
