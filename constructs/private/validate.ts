import { Token } from 'cdktf';
import { accessSync, constants, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { nameFault } from '../../contract/names';
import { Refusal } from '../../contract/refusal';

/**
 * Throws unless `value` is a whole number in the range; tokens are let through, since their value is not known at synth.
 *
 * @throws with the prop, the rule, the value and the remedy.
 */
export function requireWholeNumber(prop: string, value: number, minimum: number, maximum: number, why: string): void {
  if (Token.isUnresolved(value)) return;
  if (Number.isInteger(value) && value >= minimum && value <= maximum) return;
  throw new Refusal(`'${prop}' must be a whole number from ${minimum} to ${maximum} (${why}), got ${value}`);
}

/**
 * As `requireWholeNumber`, for what synth itself works with.
 *
 * @throws with the prop, the rule, the value and the remedy, or when `value` is only known at apply.
 */
export function requireKnownWholeNumber(
  prop: string,
  value: number,
  minimum: number,
  maximum: number,
  why: string,
): void {
  requireKnown(prop, value);
  requireWholeNumber(prop, value, minimum, maximum, why);
}

/**
 * Throws when `value`, or something in it, is only known at apply.
 *
 * @throws with the prop and what was got.
 */
export function requireKnown(prop: string, value: unknown): void {
  // A string may also be the first one of a list that is not known.
  if (isUnknown(value) || Token.isUnresolved([value]))
    throw new Refusal(`'${prop}' must be known at synth, got a value of another resource`);
}

function isUnknown(value: unknown): boolean {
  if (Token.isUnresolved(value)) return true;
  if (Array.isArray(value)) return value.some(isUnknown);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return false;
  return Object.entries(value).some(
    ([key, each]) => Token.isUnresolved(key) || /^&\{TfToken\[/.test(key) || isUnknown(each),
  );
}

/**
 * Throws when one of these properties is only known at apply. Types let no such boolean through, JavaScript does, and takes it for true.
 *
 * @throws with the prop and what was got.
 */
export function requireKnownProps<T extends object>(props: T, ...names: readonly (keyof T & string)[]): void {
  for (const name of names) requireKnown(name, props[name]);
}

/**
 * Throws unless `value` can name a container, a host and a certificate: at most 63 characters of a-z, 0-9 and hyphen.
 *
 * @throws with the prop, the rule and the value.
 */
export function requireName(prop: string, value: string): void {
  requireKnown(prop, value);
  const fault = nameFault(prop, value);
  if (fault !== undefined) throw new Refusal(fault);
}

/** Throws unless `value` is a port that can be published. */
export function requirePort(prop: string, value: number): void {
  requireWholeNumber(prop, value, 1, 65535, 'a TCP port');
}

/**
 * Throws unless `value` can name an image for Docker, with or without registry, tag and digest (distribution/reference).
 *
 * @throws with the prop, the rule and the value.
 */
export function requireImageName(prop: string, value: string): void {
  if (Token.isUnresolved(value)) return;
  const [, path = ''] =
    /^(?:(?:localhost|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+|[A-Za-z0-9-]+(?=:\d+\/))(?::\d+)?\/)?(.*)$/.exec(value) ?? [];
  if (/^[a-z0-9]+(?:(?:\.|__?|-+|\/)[a-z0-9]+)*(?::\w[\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/.test(path)) return;
  throw new Refusal(
    `'${prop}' must be the name of an image in small letters, with a tag or digest, such as 'debian:bookworm-slim', got '${value}'; correct it`,
  );
}

/**
 * The absolute path of a file that is there and not empty.
 *
 * @throws with the prop, what the file is, the path and what is wrong with it.
 */
export function requireFile(prop: string, path: string, what: string): string {
  requireKnown(prop, path);
  const absolute = resolve(path);
  const stats = statSync(absolute, { throwIfNoEntry: false });
  if (path !== '' && stats?.isFile() && stats.size > 0 && isReadable(absolute)) return absolute;
  const fault = !stats
    ? 'does not exist'
    : !stats.isFile()
      ? 'is not a file'
      : stats.size === 0
        ? 'is empty'
        : 'cannot be read';
  throw new Refusal(`'${prop}' must be the path of ${what}, got '${path}', which ${fault}; correct the path`);
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
