import type { Machines, Place } from './machines';
import { Oracle } from './oracle';
import { eventually } from './test-cluster';

/** Longest time without an acknowledged write, in milliseconds, by server. */
export type Gaps = Readonly<Record<string, number>>;

/** What writers met. */
export interface Met {
  readonly gaps: Gaps;
  /** Batches that were not acknowledged, and why. */
  readonly failures: readonly string[];
}

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
   */
  public async during(what: () => Promise<unknown>, againWithinSec: number): Promise<Met> {
    const oracle = this.oracle(server => this.machines.find(server)).start(this.servers);
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
    await this.check(oracle);
    const gaps = oracle.writers.map(({ server, acknowledgedAt }) => [server, longestGap(acknowledgedAt)] as const);
    return { gaps: Object.fromEntries(gaps), failures: oracle.failures };
  }

  /** An oracle of a phase of its own, whose writers are where `find` says. */
  public oracle(find: (writer: string) => Promise<Place | undefined>): Oracle {
    const { machines } = this;
    return new Oracle(machines.cluster, `phase${++this.phase}`, {}, 15, async writer => {
      const place = await find(writer);
      return (
        place && { container: place.container, environment: { ...process.env, ...machines.environment(place.machine) } }
      );
    });
  }

  /** Fails when an acknowledged write is lost, or something else is there. */
  public async check(oracle: Oracle): Promise<void> {
    const finding = oracle.check(await this.machines.node('data-server', ['zwrite', '^demo.oracle']));
    expect(finding.acknowledged).toBeGreaterThan(20);
    expect({ lost: finding.lost, wrong: finding.wrong }).toEqual({ lost: [], wrong: [] });
  }
}

function longestGap(moments: readonly number[]): number {
  return Math.max(0, ...moments.slice(1).map((moment, index) => moment - moments[index]!));
}
