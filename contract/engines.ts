/** Names of the engines of this package, as labels and settings have them. A stack may bring an engine of any other name. */
export const REHEARSAL = 'rehearsal';
export const IRIS = 'iris';

const TITLES: Readonly<Record<string, string>> = {
  [REHEARSAL]: 'rehearsal engine, not InterSystems IRIS',
  [IRIS]: 'InterSystems IRIS',
};

/** An engine as a person reads it. */
export function engineTitle(engine: string): string {
  return Object.hasOwn(TITLES, engine) ? TITLES[engine]! : `engine ${engine}`;
}

/** Seconds that a server may be `Failed` for one reason before waiting for it is pointless, where its image does not say. */
export const DEFAULT_FAILURE_PATIENCE_SEC = 60;
