import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { Token } from 'cdktf';

/**
 * Throws unless `value` is a whole number in the range; tokens are let through, since their value is not known at synth.
 *
 * @throws with the prop, the rule, the value and the remedy.
 */
export function requireWholeNumber(prop: string, value: number, minimum: number, maximum: number, why: string): void {
  if (Token.isUnresolved(value)) return;
  if (Number.isInteger(value) && value >= minimum && value <= maximum) return;
  throw new Error(`'${prop}' must be a whole number from ${minimum} to ${maximum} (${why}), got ${value}`);
}

/**
 * Throws unless `value` can name a container, a host and a certificate: at most 63 characters of a-z, 0-9 and hyphen.
 *
 * @throws with the prop, the rule and the value.
 */
export function requireName(prop: string, value: string): void {
  if (Token.isUnresolved(value)) throw new Error(`'${prop}' must be known at synth, got a value of another resource`);
  if (/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(value)) return;
  throw new Error(
    `'${prop}' must be 1 to 63 characters of a-z, 0-9 and '-', with a letter or digit at both ends (it becomes a host name), got '${value}'`,
  );
}

/** Throws unless `value` is a port that can be published. */
export function requirePort(prop: string, value: number): void {
  requireWholeNumber(prop, value, 1, 65535, 'a TCP port');
}

/**
 * The absolute path of a file that is there and not empty.
 *
 * @throws with the prop, what the file is, the path and what is wrong with it.
 */
export function requireFile(prop: string, path: string, what: string): string {
  const absolute = resolve(path);
  const stats = statSync(absolute, { throwIfNoEntry: false });
  if (path !== '' && stats?.isFile() && stats.size > 0) return absolute;
  const fault = stats?.isFile() ? 'is empty' : stats ? 'is not a file' : 'does not exist';
  throw new Error(`'${prop}' must be the path of ${what}, got '${path}', which ${fault}; correct the path`);
}
