import type { Diagnostic } from './diagnostics';

/**
 * A container that an engine could not start with its overlay, because no manager answered when the engine came back. The first start afterwards
 * fails as well and makes the engine ask for the overlay, so that the one after it works (Docker 20.10, tried).
 */
export function isLateOverlay({ summary, detail }: Diagnostic): boolean {
  return /Unable to start container: .*\bnetwork \S+ not found/.test(`${summary} ${detail}`);
}
