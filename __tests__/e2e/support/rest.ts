/**
 * Waits between two looks: as long as the look before took, since each is a process in a container, and several suites that look as often as
 * they can leave no time for what they wait for.
 */
export async function rest(lookedSince: number, leastSec: number): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, Math.max(leastSec * 1000, Date.now() - lookedSince)));
}
