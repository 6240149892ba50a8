import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv, { type ErrorObject } from 'ajv';
import { Token } from 'cdktf';
import { cutWords, shorten } from './shorten';

/** A rendered and checked Config-API document. */
export interface ConfigDocument {
  /** The document as it is delivered. */
  readonly text: string;
  /** SHA-256 of `text` in hexadecimal. */
  readonly sha256: string;
}

/** What `renderConfigDocument` works on. */
export interface ConfigDocumentSource {
  /** Path of a Config-API document with `${VARIABLE}` in its strings. */
  readonly file: string;
  /** Values of the variables. */
  readonly variables: Readonly<Record<string, string>>;
  /** The server that the document is for. */
  readonly role: 'data-server' | 'app-server';
  /** Lets settings pass that give up mutual TLS. */
  readonly allowInsecure: boolean;
}

/** Our two documents, the article's with its mistakes mended. */
export const DEFAULT_CONFIG_FILE = {
  'data-server': join(__dirname, '..', '..', 'config-files', 'data-server.json'),
  'app-server': join(__dirname, '..', '..', 'config-files', 'app-server.json'),
} as const;

const SCHEMA_FILE = join(__dirname, '..', '..', 'config-files', 'config-api.schema.json');

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const ajv = new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true });
const validate = ajv.compile(JSON.parse(readFileSync(SCHEMA_FILE, 'utf8')) as object);

/**
 * Reads a document, puts in the variables and checks the result: at synth, where a mistake costs nothing. IRIS's own loader skips
 * unknown sections in silence (lscalese/iris-config-api, src/Api/Config/Services/Loader.cls).
 *
 * @throws Error with file, JSON pointer, value and what is allowed.
 */
export function renderConfigDocument(source: ConfigDocumentSource): ConfigDocument {
  const document = substitute(parse(source.file), source, '');
  checkSchema(document, source.file);
  checkSecurity(document, source);
  const text = `${JSON.stringify(document, null, 2)}\n`;
  return { text, sha256: createHash('sha256').update(text).digest('hex') };
}

function parse(file: string): Json {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why =
      { ENOENT: 'which does not exist', EISDIR: 'which is a folder' }[code ?? ''] ?? `which cannot be read (${code})`;
    throw new Error(`'configFile' must be a readable file, got '${file}', ${why}; correct the path`);
  }
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new Error(`'configFile' must be JSON, but '${file}' is not: ${(error as Error).message}; mend it`);
  }
}

/** A document of Config-API has four levels; recursion without an end would end in a stack overflow. */
const DEEPEST = 100;

/** Variables go into parsed strings and not into the text, so that no value can break the document. */
function substitute(value: Json, source: ConfigDocumentSource, pointer: string, depth = 0): Json {
  if (depth > DEEPEST)
    throw new Error(`'${source.file}' ${pointer.slice(0, 40)}…: nests deeper than ${DEEPEST} levels; flatten it`);
  if (typeof value === 'string') return substituteText(value, source, pointer);
  if (Array.isArray(value))
    return value.map((item, index) => substitute(item as Json, source, `${pointer}/${index}`, depth + 1));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const here = `${pointer}/${escapePointer(key)}`;
      return [substituteText(key, source, here), substitute(item as Json, source, here, depth + 1)];
    }),
  );
}

function substituteText(text: string, { file, variables }: ConfigDocumentSource, pointer: string): string {
  return text.replace(/\$\{([^}]*)\}/g, (_, name: string) => {
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
    if (Token.isUnresolved(value)) {
      throw new Error(
        `'${file}' ${pointer}: variable '\${${name}}' must be known at synth, got a value of another resource`,
      );
    }
    if (value !== undefined) return value;
    throw new Error(
      `'${file}' ${pointer}: variable '\${${name}}' has no value; set it in 'configVariables' or use one of ${Object.keys(variables).sort().join(', ')}`,
    );
  });
}

function checkSchema(document: Json, file: string): void {
  if (validate(document)) return;
  // The messages of `anyOf` branches say less than the message of the `anyOf` itself, which the schema gives as a title.
  const errors = (validate.errors ?? []).filter(error => !error.schemaPath.includes('/anyOf/'));
  const shown = errors.slice(0, 5).map(error => `'${file}' ${describe(error)}`);
  const more = errors.length > shown.length ? [`and ${errors.length - shown.length} more`] : [];
  throw new Error(cutWords([...shown, ...more].join('\n')));
}

function describe(error: ErrorObject): string {
  const pointer = error.instancePath || '/';
  if (error.keyword === 'additionalProperties') {
    const { additionalProperty } = error.params as { additionalProperty: string };
    const known = Object.keys((error.parentSchema as { properties?: object }).properties ?? {});
    const word = pointer === '/' ? 'section' : 'property';
    return `${error.instancePath}/${escapePointer(additionalProperty)}: unknown ${word} '${additionalProperty}'; ${nearest(additionalProperty, known)}`;
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
function nearest(name: string, known: readonly string[]): string {
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

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const change = previous[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(change, previous[column]! + 1, current[column - 1]! + 1));
    }
    previous = current;
  }
  return previous[b.length]!;
}

/** One rule of mutual TLS: where it stands in the document (`*` for every entry), the least value, and why. */
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
      why: 'without it the application server talks to anyone who answers in the place of the data server',
    },
  ],
};

function checkSecurity(document: Json, { file, role, allowInsecure }: ConfigDocumentSource): void {
  if (allowInsecure) return;
  for (const rule of SECURITY_RULES[role]) {
    for (const { pointer, value } of valuesAt(document, rule.path)) {
      if (value !== undefined && Number(value) >= rule.least) continue;
      throw new Error(
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

function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
