import { readNodeStatus } from '../../../cli/access/node-status';
import type { MirrorStatus } from '../../../cli/access/mirror-status';
import { docker, sleep, tryDocker } from './faults';
import { Oracle, type Finding, type Writer } from './oracle';
import { rest } from './rest';
import type { TestCluster } from './test-cluster';

/** What a member says at one moment; one that does not answer has no role. */
export interface Member {
  readonly name: string;
  readonly state: string;
  readonly reason: string;
  readonly mirror: Partial<MirrorStatus>;
}

/** What writers met while something happened to a mirror. */
export interface Phase {
  readonly oracle: Oracle;
  /** When it happened, in milliseconds. */
  readonly moment: number;
  /** Seconds from then to the first write of an application server that began later and was acknowledged. */
  readonly firstAck: number;
}

/** A live mirror, and the writers that watch it: on application servers, and on both members, so that a primary that nobody reaches is seen too. */
export class MirrorBed {
  private phases = 0;

  public constructor(
    public readonly cluster: TestCluster,
    public readonly members: readonly [string, string],
    public readonly appServers: readonly string[],
  ) {}

  public container(server: string): string {
    return `${this.cluster.name}-${server}`;
  }

  public async member(name: string): Promise<Member> {
    const { stdout, stderr } = await tryDocker(['exec', this.container(name), 'ecp-node', 'status']);
    const status = readNodeStatus(stdout);
    return {
      name,
      state: status?.state ?? 'silent',
      reason: status?.reason ?? stderr.trim(),
      mirror: status?.mirror ?? {},
    };
  }

  public both(): Promise<Member[]> {
    return Promise.all(this.members.map(name => this.member(name)));
  }

  public other(name: string): string {
    return this.members.find(each => each !== name)!;
  }

  /** Waits until one member is the primary, the other its active backup, and both are Normal. @returns the primary's name */
  public async whole(withinSec: number): Promise<string> {
    const end = Date.now() + withinSec * 1000;
    for (;;) {
      const start = Date.now();
      const members = await this.both();
      const primary = members.find(({ mirror }) => mirror.role === 'primary');
      const backup = members.find(({ mirror }) => mirror.role === 'backup');
      const areNormal = members.every(({ state }) => state === 'Normal');
      if (primary && backup && areNormal && primary.mirror.backup === 'active') return primary.name;
      if (Date.now() > end) throw new Error(`the mirror is not whole after ${withinSec} s: ${JSON.stringify(members)}`);
      await rest(start, 0.3);
    }
  }

  /**
   * Writes while something happens to the mirror, until every application server writes again.
   *
   * @param then What is done after that, with the writers still at work.
   */
  public async during(
    what: () => Promise<unknown>,
    againWithinSec: number,
    then: () => Promise<unknown> = () => Promise.resolve(),
  ): Promise<Phase> {
    const oracle = new Oracle(this.cluster.name, `phase${++this.phases}`).start([...this.appServers, ...this.members]);
    const writers = this.clients(oracle);
    let [moment, firstAck] = [0, 0];
    try {
      await this.until('the first writes', 20, () => writers.every(({ lastGood }) => lastGood > 0), oracle);
      await sleep(1);
      await what();
      moment = Date.now();
      firstAck = await this.until(
        'a write',
        againWithinSec,
        () => writers.some(each => each.lastGood > moment),
        oracle,
      );
      await this.until('writes of all', againWithinSec, () => writers.every(each => each.lastGood > moment), oracle);
      await then();
      await sleep(1);
    } finally {
      await oracle.stop();
    }
    return { oracle, moment, firstAck };
  }

  /** The writers on application servers. */
  public clients(oracle: Oracle): Writer[] {
    return oracle.writers.filter(({ server }) => this.appServers.includes(server));
  }

  /** What the primary has of a phase, beside what was acknowledged in it. */
  public async findings({ oracle }: Phase, primary: string): Promise<Finding> {
    const args = ['exec', this.container(primary), 'ecp-node', 'zwrite', `^demo.oracle("${oracle.name}")`];
    return oracle.check(await docker(args));
  }

  /** How often the member that acknowledges its own clients' writes was another one than before. */
  public handovers({ oracle }: Phase): number {
    const acks = oracle.writers
      .filter(({ server }) => this.members.includes(server))
      .flatMap(({ server, acknowledgedAt }) => acknowledgedAt.map(at => ({ server, at })))
      .sort((a, b) => a.at - b.at);
    return acks.filter(({ server }, index) => index > 0 && server !== acks[index - 1]!.server).length;
  }

  private async until(what: string, withinSec: number, check: () => boolean, oracle: Oracle): Promise<number> {
    const start = Date.now();
    while (!check()) {
      if (Date.now() - start > withinSec * 1000)
        throw new Error(
          `not within ${withinSec} s: ${what}; ${oracle.failures.slice(-6).join('; ')}; ${JSON.stringify(await this.both())}`,
        );
      await sleep(0.02);
    }
    return (Date.now() - start) / 1000;
  }
}

/** Longest time without an acknowledged write of any of these writers, in seconds. */
export function longestGap(writers: readonly Writer[]): number {
  const moments = writers.flatMap(({ acknowledgedAt }) => acknowledgedAt).sort((a, b) => a - b);
  return Math.max(0, ...moments.slice(1).map((at, index) => at - moments[index]!)) / 1000;
}
