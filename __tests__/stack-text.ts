import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deliveryUploads } from '../constructs/private/delivered-files';
import { unpackDelivery } from './synth';

const WIDTH = 140;
const FOLDER = join(__dirname, '..', 'constructs', 'private');

/** Scripts of the package that go into a stack by content, with their names. */
const SCRIPTS = [
  { name: '<deliver-files.sh>', text: unescaped(deliveryUploads([])[0]!.content!) },
  { name: '<compose-csp-ini.sh>', text: readFileSync(join(FOLDER, 'compose-csp-ini.sh'), 'utf8').trim() },
];

/**
 * A stack as text for a snapshot: what fits into one line is one line. Scripts of the package and hashes of build contexts have names
 * instead of their content, so that a change in another file is not a change in every stack. Hashes that replace servers are shown.
 */
export function stackText(stack: object): string {
  return children(plain(stack), '').join('\n');
}

/** The value with each of its texts as what is in it, and labels as `label=value`. */
function plain(value: unknown, key?: string): unknown {
  if (typeof value === 'string') return plainText(value);
  if (Array.isArray(value) && key === 'labels')
    return (value as { label: string; value: string }[]).map(each => `${each.label}=${hidden(each.value)}`);
  if (Array.isArray(value)) return value.map(each => plain(each));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each, name)]));
}

function plainText(text: string): unknown {
  if (text.startsWith('#!')) return plainScript(text);
  if (text.startsWith('{\n')) return JSON.parse(text) as unknown;
  return text.includes('\n') ? text.trimEnd().split('\n') : hidden(text);
}

/** A delivery: the script and, in base64, the texts that it delivers. */
function plainScript(text: string): unknown {
  const alone = unescaped(text.replace(/^#file .*$/gm, ''));
  const script = SCRIPTS.find(each => each.text === alone);
  if (script === undefined) throw new Error(`a script that is none of this package: ${alone.slice(0, 80)}`);
  const delivered = unpackDelivery([{ content: text }]);
  return Object.keys(delivered).length === 0 ? script.name : plain({ script: script.name, ...delivered });
}

/** As it runs: Terraform reads `${` and `%{` as the beginning of a template. */
function unescaped(text: string): string {
  return text.replace(/([$%])\1(?=\{)/g, '$1').trim();
}

function hidden(text: string): string {
  return text
    .replace(/^(assets\/image_context_[0-9A-F]{8})\/[0-9a-f]{64}$/, '$1/<hash>')
    .replace(/^(ecp-(?:rehearsal|iris)):[0-9a-f]{12}$/, '$1:<hash>');
}

function children(value: unknown, indent: string): string[] {
  if (!Array.isArray(value))
    return Object.entries(value as object).flatMap(([key, each]) => lines(each, `${indent}${key}: `, `${indent}  `));
  return value.flatMap(each => {
    const line = `${indent}- ${inline(each)}`;
    if (line.length <= WIDTH || typeof each !== 'object') return [line];
    const [first = '', ...rest] = children(each, `${indent}  `);
    return [`${indent}- ${first.trimStart()}`, ...rest];
  });
}

function lines(value: unknown, head: string, indent: string): string[] {
  const line = head + inline(value);
  if (typeof value !== 'object' || value === null || line.length <= WIDTH) return [line];
  const texts = Array.isArray(value) && value.every(each => typeof each === 'string');
  return [head.trimEnd(), ...(texts ? filled(value, indent) : children(value, indent))];
}

/** As many texts in a line as fit. */
function filled(texts: readonly string[], indent: string): string[] {
  const rows: string[] = [];
  for (const text of texts.map(inline)) {
    const last = rows.at(-1);
    if (last === undefined || last.length + text.length + 2 > WIDTH) rows.push(indent + text);
    else rows.splice(-1, 1, `${last}, ${text}`);
  }
  return rows;
}

function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([key, each]) => `${key}: ${inline(each)}`);
    return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
  }
  // Quotes only where a text would read as something else.
  if (typeof value !== 'string' || /^(-?\d*|true|false|null)$/.test(value)) return JSON.stringify(value);
  return value;
}
