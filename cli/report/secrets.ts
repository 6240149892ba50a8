import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { PROJECT } from '../../app/folders';
import type { Settings } from '../../app/settings';
import { readState } from '../../app/state-text';

/** Names of members, variables and options whose values are nobody else's business. */
const SECRET_NAME =
  /pass(?:word|wd|phrase)|passwd|pwd$|secret|token|credential|(?:private|access|api|licen[cs]e)[-_ ]?key|(?:^|[-_ ])auths?$|authorization/i;

/** They name where a secret is, or its kind. */
const HARMLESS_NAME = /(?:file|path|folder|directory|sock|type|algorithm|hours)$/i;

/** Whether what has this name is a secret. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name) && !HARMLESS_NAME.test(name);
}

/** A shorter value would be found in words that have nothing to do with it. */
const SHORTEST = 5;

/** Values of members with the name of a secret, at any depth. */
export function secretsInObject(value: unknown, isSecret = false): string[] {
  if (typeof value === 'string') return isSecret && value.length >= SHORTEST ? [value] : [];
  if (typeof value === 'number') return isSecret ? secretsInObject(String(value), true) : [];
  if (Array.isArray(value)) return value.flatMap(each => secretsInObject(each, isSecret));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, each]) => secretsInObject(each, isSecret || isSecretName(name)));
}

/** Private keys, whole and line by line, in texts at any depth; a text in base64 counts as what it encodes. */
export function keysInObject(value: unknown): string[] {
  if (typeof value === 'string') return keysInText(value);
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(keysInObject);
}

function keysInText(text: string): string[] {
  const isBase64 = text.length >= 64 && /^[A-Za-z0-9+/\s]+=*\s*$/.test(text);
  const decoded = isBase64 ? Buffer.from(text, 'base64').toString('latin1') : '';
  if (decoded.includes('PRIVATE KEY-----')) return [text, ...keysInText(decoded)];
  const blocks = text.match(/-----BEGIN [A-Z ]*PRIVATE KEY-----[^]*?-----END [A-Z ]*PRIVATE KEY-----/g) ?? [];
  return blocks.flatMap(block => [block, ...block.split(/\r?\n/).filter(line => /^[A-Za-z0-9+/=]{16,}$/.test(line))]);
}

/** What a Terraform state keeps secret. One that cannot be read keeps it from the report, too. */
export function secretsInState(stateFile: string): string[] {
  try {
    const state = readState(stateFile);
    return [...secretsInObject(state), ...keysInObject(state)];
  } catch {
    return [];
  }
}

/** Values of the files that settings name: the password, and what a licence key file says. */
export function secretsInFiles({ irisPasswordFile, irisLicenseKeyFile }: Settings): string[] {
  const lines = [irisPasswordFile, irisLicenseKeyFile].flatMap(file => (file ? readLines(resolve(PROJECT, file)) : []));
  const values = lines.flatMap(line => [line, line.slice(line.indexOf('=') + 1)]);
  return [...new Set(values.map(each => each.trim()))].filter(each => each.length >= SHORTEST);
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split(/\r?\n/);
  } catch {
    return [];
  }
}
