/**
 * How often a live test repeats a fault: as `./ecp test NAME --repeat N` says, otherwise `usual` times, few enough for a run of all suites.
 */
export function repetitions(usual: number): number {
  return Number(process.env.TEST_REPEAT ?? usual);
}
