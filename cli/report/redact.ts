import { isSecretName } from './secrets';

/** What is put in place of a secret. */
export const REMOVED = '[removed]';

/** Something with the name of a secret: what leads to its value and what is behind it are groups. */
function named(before: string, value: string, behind: string): RegExp {
  const name = String.raw`[\w-]*(?:pass(?:word|wd|phrase)|passwd|secret|token|credential|(?:private|access|api|licen[cs]e)[-_]?key)`;
  return new RegExp(`(${name}${before})${value}(${behind})`, 'gi');
}

/** What looks like a secret, wherever it comes from. */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  // A log has a time before each line of a key; one that is cut off has no end.
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----(?:[^]*?-----END [A-Z ]*PRIVATE KEY-----|[^]*)/g, REMOVED],
  [/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@:"']*:[^\s/@"']+@/gi, `$1${REMOVED}@`],
  [/(\b(?:bearer|basic)\s+)[\w.~+/=-]{8,}/gi, `$1${REMOVED}`],
  // A value in quotes keeps them, so that JSON stays JSON, also within a text of JSON.
  [named(String.raw`\\?["']?\s*[=:]\s*\\"`, String.raw`(?:[^"\\]|\\\\.)*`, String.raw`\\"`), `$1${REMOVED}$2`],
  [named(String.raw`["']?\s*[=:]\s*"`, String.raw`(?:[^"\\\n]|\\.)*`, '"'), `$1${REMOVED}$2`],
  [named(String.raw`["']?\s*[=:]\s*'`, String.raw`[^'\n]*`, "'"), `$1${REMOVED}$2`],
  [named(String.raw`\s*[=:]\s*`, String.raw`[^\s,;"'\\}{[\]]+`, ''), `$1${REMOVED}$2`],
];

/** A copy without the values of members with the name of a secret. */
export function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, isSecretName(name) ? REMOVED : withoutSecrets(each)]),
  );
}

/** What takes secrets out of a text: these, however they are written down, and what looks like one. */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const spellings = new Set(secrets.flatMap(spellingsOf));
  // The longest first: one secret may be a part of another.
  const known = [...spellings].filter(each => each !== '').sort((a, b) => b.length - a.length);
  return text => {
    const without = known.reduce((rest, secret) => rest.replaceAll(secret, REMOVED), text);
    return PATTERNS.reduce((rest, [pattern, instead]) => rest.replace(pattern, instead), without);
  };
}

function spellingsOf(secret: string): string[] {
  const inJson = JSON.stringify(secret).slice(1, -1);
  const base64 = Buffer.from(secret, 'utf8').toString('base64');
  return [secret, inJson, encodeURIComponent(secret), base64, base64.replace(/=+$/, '')];
}
