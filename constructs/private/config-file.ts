import { readFileSync, statSync } from 'node:fs';
import { sep } from 'node:path';
import { shorten } from '../../contract/messages';
import { Refusal } from '../../contract/refusal';

/** What JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * Reads a Config-API document as it lies on the disk. Its text is UTF-8; a byte order mark before it, which some editors write, is
 * no part of it.
 *
 * @throws Error with the file and what is wrong with it.
 */
export function readConfigFile(file: string): Json {
  const text = decode(readBytes(file), file);
  let document: Json;
  try {
    document = JSON.parse(text) as Json;
  } catch (error) {
    const remedy = /^\s*(\/\/|\/\*|#)/m.test(text) ? 'take out its comments, which JSON does not have' : 'fix it';
    throw new Refusal(`'configFile' must be JSON, but '${file}' is not: ${(error as Error).message}; ${remedy}`);
  }
  const twice = repeatedKey(text);
  if (twice === undefined) return document;
  throw new Refusal(
    `'configFile' must have each key once in an object, but '${file}' has ${twice} twice, of which only one would count; merge the two`,
  );
}

function readBytes(file: string): Buffer {
  try {
    // A pipe is empty at the second server, and a device may never end.
    const stats = statSync(file);
    if (stats.isFile() || stats.isDirectory()) return readFileSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why =
      { ENOENT: 'which does not exist', EISDIR: 'which is a folder' }[code ?? ''] ?? `which cannot be read (${code})`;
    // A stack is read on more than one system; `/` is good on all of them.
    const remedy = file.includes('\\') && sep === '/' ? "write '/' in place of '\\'" : 'correct the path';
    throw new Refusal(`'configFile' must be a readable file, got '${file}', ${why}; ${remedy}`);
  }
  throw new Refusal(
    `'configFile' must be a readable file, got '${file}', which is a device or a pipe; correct the path`,
  );
}

function decode(bytes: Buffer, file: string): string {
  try {
    // Takes a byte order mark of UTF-8 off by itself.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return text;
  } catch {
    // The same sentence as for UTF-16 without a mark, which is valid UTF-8 with a NUL beside each letter.
  }
  throw new Refusal(`'configFile' must be text in UTF-8, but '${file}' is not (UTF-16?); save it as UTF-8`);
}

/** The first key that an object of valid JSON has twice. `JSON.parse` keeps the last one in silence. */
function repeatedKey(json: string): string | undefined {
  const open: Set<string>[] = [];
  for (const [token, text, colon] of json.matchAll(/("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?|[{}]/g)) {
    if (token === '{') open.push(new Set());
    else if (token === '}') open.pop();
    else if (text !== undefined && colon !== undefined) {
      const keys = open.at(-1)!;
      const name = JSON.parse(text) as string;
      if (keys.has(name)) return shorten(name);
      keys.add(name);
    }
  }
  return undefined;
}

/** A name as a part of a JSON pointer (RFC 6901). */
export function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
