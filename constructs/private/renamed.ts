import { Refusal } from '../../contract/refusal';

/** Names that properties had: the number of MiB is the same. */
const RENAMED = {
  memoryMb: 'memoryMiB',
  globalBuffersMb: 'globalBuffersMiB',
  leastMemoryMb: 'leastMemoryMiB',
} as const;

/**
 * For programs that no type checker has seen: a property that nobody reads any more would be left out without a word.
 *
 * @throws Error when a property has a name of before.
 */
export function refuseOldNames(props: object): void {
  for (const [old, name] of Object.entries(RENAMED)) {
    const value = (props as Readonly<Record<string, unknown>>)[old];
    if (value !== undefined)
      throw new Refusal(`'${old}' is now '${name}', got ${String(value)}; rename it, the value stays`);
  }
}
