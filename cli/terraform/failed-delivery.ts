import type { Diagnostic } from './diagnostics';

/** A delivery that failed stops every later plan at its postcondition; the remedy that it names is safe to apply. */
export function isFailedDelivery({ summary, address }: Diagnostic): boolean {
  return summary.includes('postcondition failed') && address !== undefined;
}
