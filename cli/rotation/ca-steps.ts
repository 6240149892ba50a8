import type { CaNumbers, KeptCaNumbers } from '../../app/authority-numbers';

/** Who issued one server's certificate, and which authorities it trusts, at this moment. */
export interface ServerTrust {
  readonly server: string;
  /** Authority of its certificate; undefined when it is none of the cluster's. */
  readonly signedBy: number | undefined;
  readonly trusts: readonly number[];
}

/** True when no change of authority is under way: one signs, and it alone is trusted. */
export function isSteady({ signingCa, trustedCas }: CaNumbers): boolean {
  return trustedCas.every(number => number === signingCa);
}

/**
 * The next of the three steps to a new authority: trust old and new, sign with the new one, trust the new one alone. Any numbers lead
 * to the end, whichever way they came about.
 */
export function nextStep({ signingCa, trustedCas }: CaNumbers): CaNumbers {
  if (isSteady({ signingCa, trustedCas })) return { signingCa, trustedCas: [signingCa, signingCa + 1] };
  const newest = Math.max(...trustedCas);
  return newest === signingCa ? { signingCa, trustedCas: [signingCa] } : { signingCa: newest, trustedCas };
}

/** Which of the three steps it is whose deploy these numbers are. */
export function stepNumber(numbers: CaNumbers): 1 | 2 | 3 {
  if (isSteady(numbers)) return 3;
  return numbers.signingCa === Math.max(...numbers.trustedCas) ? 2 : 1;
}

/**
 * True when step 2 was not seen to end. Only `./ecp rotate --ca` makes the new keys of that step: any other deploy of its numbers
 * signs the old ones with the new authority, and would pass for the whole step.
 */
export function owesKeys(numbers: KeptCaNumbers): boolean {
  return numbers.unfinished === true && stepNumber(numbers) === 2;
}

/** What a step does, in words. */
export function describeStep({ signingCa, trustedCas }: CaNumbers): string {
  const others = trustedCas.filter(number => number !== signingCa);
  const all = [...trustedCas].sort((a, b) => a - b).map(number => `CA ${number}`);
  return others.length > 0
    ? `trust ${all.join(' and ')}, certificates from CA ${signingCa}`
    : `trust CA ${signingCa} alone, which all certificates are from`;
}

/** What is wrong with a deploy, and what has to be deployed before it. */
export interface BreakingJump {
  readonly problem: string;
  readonly first: CaNumbers;
}

/**
 * A deploy reaches servers one by one, in any order. So whoever has the new files and whoever has the old ones must accept each
 * other: every server trusts the new signer already, and the new bundle still holds the signer of every certificate in use.
 *
 * @returns undefined when a deploy of these numbers keeps to that
 */
export function breakingJump(
  servers: readonly ServerTrust[],
  { signingCa, trustedCas }: CaNumbers,
): BreakingJump | undefined {
  const stranger = servers.find(({ trusts }) => !trusts.includes(signingCa));
  if (stranger) {
    const signer = stranger.signedBy ?? stranger.trusts[0] ?? signingCa;
    return {
      problem: `'signingCa' must be an authority that every server trusts already, got ${signingCa}, and ${stranger.server} trusts ${stranger.trusts.join(', ') || 'none'}`,
      first: { signingCa: signer, trustedCas: sorted([...stranger.trusts, signer, signingCa]) },
    };
  }
  const orphan = servers.find(({ signedBy }) => signedBy !== undefined && !trustedCas.includes(signedBy));
  return orphan?.signedBy === undefined
    ? undefined
    : {
        problem: `'trustedCas' must contain the authority of every certificate in use, got ${trustedCas.join(', ')}, and that of ${orphan.server} is from ${orphan.signedBy}`,
        first: { signingCa, trustedCas: sorted([orphan.signedBy, ...trustedCas]) },
      };
}

function sorted(numbers: readonly number[]): number[] {
  return [...new Set(numbers)].sort((a, b) => a - b);
}
