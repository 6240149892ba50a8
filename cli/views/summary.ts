import type { Level } from './levels';

/** A folded section in a few words, and whether it wants to be looked at. */
export interface Summary {
  readonly words: string;
  readonly level: Level;
}
