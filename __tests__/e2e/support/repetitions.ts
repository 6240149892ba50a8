/**
 * How often a live test repeats a fault: as `./ecp test NAME --repeat N` says, otherwise `usual` times, few enough for a run of all suites.
 */
export function repetitions(usual: number): number {
  return Number(process.env.TEST_REPEAT ?? usual);
}

/** Whether `--repeat` was given: then suites also do what CI has no time for. */
export const IS_ON_DEMAND = repetitions(0) > 0;
