/** One check of a list: it tells what it found, or throws the reason why it failed. */
export interface Check {
  readonly name: string;
  readonly run: () => Promise<string>;
}

/** A check that cannot be made here, with the reason. */
export class NotRun extends Error {}

/** What became of one check. */
export interface CheckOutcome {
  readonly name: string;
  readonly result: 'passed' | 'failed' | 'not run';
  readonly detail: string;
  readonly seconds: number;
}

/** Runs one check, however it ends. */
export async function runCheck({ name, run: body }: Check): Promise<CheckOutcome> {
  const start = Date.now();
  const seconds = (): number => (Date.now() - start) / 1000;
  try {
    return { name, result: 'passed', detail: await body(), seconds: seconds() };
  } catch (error) {
    const result = error instanceof NotRun ? 'not run' : 'failed';
    return { name, result, detail: (error as Error).message, seconds: seconds() };
  }
}
