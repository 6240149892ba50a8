/** One check of a list: it tells what it found, or throws the reason why it failed. */
export interface Check {
  readonly name: string;
  readonly run: () => Promise<string>;
}

/** A check that cannot be made here, with the reason. */
export class NotRun extends Error {}
