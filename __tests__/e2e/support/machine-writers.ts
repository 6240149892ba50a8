import type { Machines } from './machines';
import { Oracle } from './oracle';
import { eventually } from './test-cluster';

/** Longest time without an acknowledged write, in milliseconds, by server. */
export type Gaps = Readonly<Record<string, number>>;

/** Writers on application servers of a cluster on machines, wherever these run at the moment. */
export class MachineWriters {
  private phase = 0;

  public constructor(
    private readonly machines: Machines,
    private readonly servers: readonly string[],
  ) {}

  /**
   * Writes while something happens, until all write again. Fails when an acknowledged write is lost.
   *
   * @returns the longest pause of each server
   */
  public async during(what: () => Promise<unknown>, againWithinSec: number): Promise<Gaps> {
    const { machines } = this;
    const oracle = new Oracle(machines.cluster, `failure${++this.phase}`, {}, 15, async server => {
      const place = await machines.find(server);
      return (
        place && { container: place.container, environment: { ...process.env, ...machines.environment(place.machine) } }
      );
    }).start(this.servers);
    try {
      await eventually('the first writes', 30, async () => (oracle.writesSince(0) ? true : undefined));
      await what();
      const moment = Date.now();
      await eventually(
        'writes on every application server',
        againWithinSec,
        async () => (oracle.writesSince(moment) ? true : undefined),
        () => oracle.failures.slice(-4).join('; '),
      );
    } finally {
      await oracle.stop();
    }
    const finding = oracle.check(await machines.node('data-server', ['zwrite', '^demo.oracle']));
    expect(finding.acknowledged).toBeGreaterThan(20);
    expect({ lost: finding.lost, wrong: finding.wrong }).toEqual({ lost: [], wrong: [] });
    const gaps = oracle.writers.map(({ server, acknowledgedAt }) => [server, longestGap(acknowledgedAt)] as const);
    return Object.fromEntries(gaps);
  }
}

function longestGap(moments: readonly number[]): number {
  return Math.max(0, ...moments.slice(1).map((moment, index) => moment - moments[index]!));
}
