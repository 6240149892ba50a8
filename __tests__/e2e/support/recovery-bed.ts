import { docker, sleep, tryDocker } from './faults';
import { Oracle, type Finding } from './oracle';
import { rest } from './rest';
import { ecpOk, printLogs, removeCluster, terraform, type TestCluster } from './test-cluster';

/** What `status` says of one server at one moment. */
export interface Seen {
  readonly state: string;
  readonly reason: string;
}

/** A live cluster, what it must come back to, and the oracles that watched it. */
export class RecoveryBed {
  public readonly servers: readonly string[];
  private readonly oracles: Oracle[] = [];

  public constructor(
    public readonly cluster: TestCluster,
    /** Variables for docker, such as DOCKER_HOST. */
    public readonly environment: NodeJS.ProcessEnv = {},
    private readonly appServers: readonly string[] = ['app-server-1', 'app-server-2'],
  ) {
    this.servers = ['data-server', ...appServers];
  }

  public container(server: string): string {
    return `${this.cluster.name}-${server}`;
  }

  public async status(server: string): Promise<Seen> {
    const answer = await tryDocker(['exec', this.container(server), 'ecp-node', 'status'], this.environment);
    try {
      return JSON.parse(answer.stdout) as Seen;
    } catch {
      return { state: 'unreachable', reason: answer.stderr.trim() };
    }
  }

  /** Writes from all application servers until `during` is over, then a moment longer. */
  public async underLoad(
    name: string,
    during: (oracle: Oracle) => Promise<void>,
    options: { readonly sync: boolean; readonly patienceSec?: number } = { sync: true },
  ): Promise<Oracle> {
    const oracle = new Oracle(this.cluster.name, name, this.environment, options.patienceSec);
    this.oracles.push(oracle.start(this.appServers, options));
    try {
      if (options.sync) await this.until('the first acknowledged writes', 15, () => oracle.writesSince(0));
      else await sleep(2);
      await during(oracle);
    } finally {
      await oracle.stop();
    }
    return oracle;
  }

  /**
   * Waits until every application server had a write acknowledged that began after now, and every server is Normal.
   *
   * @returns seconds since `from`
   */
  public async recovered(oracle: Oracle, from: number, withinSec: number, servers = this.servers): Promise<number> {
    const now = Date.now();
    const end = from + withinSec * 1000;
    const writers = oracle.writers.filter(({ server }) => servers.includes(server) || servers.includes('data-server'));
    for (;;) {
      const start = Date.now();
      const waiting = writers.filter(writer => writer.lastGood <= now).map(({ server }) => `${server} cannot write`);
      if (waiting.length === 0) {
        const seen = await Promise.all(servers.map(server => this.status(server)));
        if (seen.every(({ state }) => state === 'Normal')) return (Date.now() - from) / 1000;
        waiting.push(...seen.map(({ state, reason }, index) => `${servers[index]} ${state} ${reason}`));
      }
      if (Date.now() > end) {
        throw new Error(
          `not recovered within ${withinSec} s: ${waiting.join('; ')}; ${oracle.failures.slice(-3).join('; ')}`,
        );
      }
      await rest(start, 0.1);
    }
  }

  public async until(what: string, withinSec: number, check: () => boolean | Promise<boolean>): Promise<number> {
    const start = Date.now();
    for (let look = start; !(await check()); look = Date.now()) {
      if (Date.now() - start > withinSec * 1000) throw new Error(`not within ${withinSec} s: ${what}`);
      await rest(look, 0.1);
    }
    return (Date.now() - start) / 1000;
  }

  /** Compares the data server's own database with what the oracle knows. */
  public async findings(oracle: Oracle): Promise<Finding> {
    const node = ['exec', this.container('data-server'), 'ecp-node', 'zwrite', `^demo.oracle("${oracle.name}")`];
    return oracle.check(await docker(node, this.environment));
  }

  /** Every acknowledged write is there once, nothing else is there, and the plan is empty. */
  public async intact(oracle: Oracle): Promise<number> {
    const { acknowledged, lost, wrong } = await this.findings(oracle);
    expect({ lost: lost.slice(0, 5), wrong: wrong.slice(0, 5) }).toEqual({ lost: [], wrong: [] });
    expect(acknowledged).toBeGreaterThan(0);
    const plan = await terraform(this.cluster, ['plan', '-detailed-exitcode', '-no-color', '-input=false']);
    expect({ code: plan.code, says: plan.stdout.slice(-600) }).toMatchObject({ code: 0 });
    return acknowledged;
  }

  /** Takes an oracle out of the final count: it was made to lose. */
  public forget(oracle: Oracle): void {
    this.oracles.splice(this.oracles.indexOf(oracle), 1);
  }

  /** All that was ever acknowledged in this bed. */
  public async intactFromTheBeginning(): Promise<number> {
    let total = 0;
    for (const oracle of this.oracles) {
      const { acknowledged, lost, wrong } = await this.findings(oracle);
      expect({ phase: oracle.name, lost, wrong }).toEqual({ phase: oracle.name, lost: [], wrong: [] });
      total += acknowledged;
    }
    return total;
  }

  public up = () => ecpOk(this.cluster, ['up', '--yes']);
  public remove = () => removeCluster(this.cluster);
  public printLogs = () => printLogs(this.cluster);
}
