import { X509Certificate } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { shorten } from '../contract/messages';
import { authorityNumber } from '../contract/pki';
import { SettingsError } from './settings';

/** Which certificate authorities a stack has: docs/rotation.md. */
export interface CaNumbers {
  /** The authority that signs. */
  readonly signingCa: number;
  /** The authorities that servers trust; contains `signingCa`. */
  readonly trustedCas: readonly number[];
}

/** The numbers as `./ecp rotate --ca` keeps them beside the state. */
export interface KeptCaNumbers extends CaNumbers {
  /** A deploy of these numbers has begun and was not seen to end on every server. */
  readonly unfinished?: true;
}

const FIRST: CaNumbers = { signingCa: 1, trustedCas: [1] };

/** The numbers that settings give, which count as a pair. @returns undefined when neither is set. */
export function caNumbersIn({ signingCa, trustedCas }: Partial<CaNumbers>): CaNumbers | undefined {
  if (signingCa === undefined && trustedCas === undefined) return undefined;
  return { signingCa: signingCa ?? 1, trustedCas: trustedCas ?? [signingCa ?? 1] };
}

/** The file beside a state, `<stack>.ca.json`. */
export function caNumbersFile(stateFile: string): string {
  return stateFile.replace(/\.tfstate$/, '.ca.json');
}

/**
 * The numbers that a stack has when its settings say nothing: those of the file, without it those that the state shows, and 1 for a
 * new cluster. Without the state's word a lost file would take a cluster back to authority 1, which its servers do not trust.
 *
 * @throws SettingsError when the file holds something else.
 */
export function readCaNumbers(stateFile: string): KeptCaNumbers {
  const file = caNumbersFile(stateFile);
  return existsSync(file) ? parse(file, readFileSync(file, 'utf8')) : (numbersInState(stateFile) ?? FIRST);
}

/** Keeps the numbers, whole or not at all: a step must be known before any of it is done, whatever ends this process. */
export function keepCaNumbers(stateFile: string, numbers: KeptCaNumbers): void {
  const file = caNumbersFile(stateFile);
  const handle = openSync(`${file}.new`, 'w', 0o600);
  writeSync(handle, `${JSON.stringify(numbers)}\n`);
  fsyncSync(handle);
  closeSync(handle);
  renameSync(`${file}.new`, file);
}

/** Notes that these numbers are in use everywhere, where a file is kept; one that says otherwise would be followed later. */
export function settleCaNumbers(stateFile: string, { signingCa, trustedCas }: CaNumbers): void {
  if (existsSync(caNumbersFile(stateFile))) keepCaNumbers(stateFile, { signingCa, trustedCas });
}

function parse(file: string, text: string): KeptCaNumbers {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const { signingCa, trustedCas, unfinished } = (value ?? {}) as Record<string, unknown>;
  if (isNumber(signingCa) && Array.isArray(trustedCas) && trustedCas.every(isNumber) && trustedCas.includes(signingCa))
    return { signingCa, trustedCas, ...(unfinished === true ? { unfinished } : {}) };
  throw new SettingsError(
    `'${file}' must hold the numbers of certificate authorities such as {"signingCa":1,"trustedCas":[1]}, got ${shorten(text)}; remove it, and they are read from the state`,
  );
}

function isNumber(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 9999;
}

interface Resource {
  readonly type: string;
  readonly instances: readonly { readonly attributes?: { readonly cert_pem?: string } | null }[];
}

/**
 * The numbers that a state shows: it trusts every authority that it holds, and the newest certificate is from the one that signs.
 *
 * @returns undefined when there is no state, or no authority in it. What cannot be read is for others to complain about.
 */
export function numbersInState(stateFile: string): CaNumbers | undefined {
  if (!existsSync(stateFile)) return undefined;
  const authorities = certificatesIn(stateFile, 'tls_self_signed_cert').flatMap(
    ({ subject }) => authorityNumber(subject) ?? [],
  );
  const trustedCas = [...new Set(authorities)].sort((a, b) => a - b);
  const leaves = certificatesIn(stateFile, 'tls_locally_signed_cert')
    .map(({ issuer, validFrom }) => ({ number: authorityNumber(issuer), at: Date.parse(validFrom) }))
    .filter(({ number }) => number !== undefined && trustedCas.includes(number))
    .sort((a, b) => b.at - a.at);
  const signingCa = leaves[0]?.number ?? trustedCas[0];
  return signingCa === undefined ? undefined : { signingCa, trustedCas };
}

function certificatesIn(stateFile: string, type: string): X509Certificate[] {
  try {
    const { resources = [] } = JSON.parse(readFileSync(stateFile, 'utf8')) as { resources?: Resource[] };
    return resources
      .filter(resource => resource.type === type)
      .flatMap(resource => resource.instances.map(instance => instance.attributes?.cert_pem ?? ''))
      .filter(pem => pem !== '')
      .map(pem => new X509Certificate(pem));
  } catch {
    return [];
  }
}
