import { findServers } from '../../../cli/access/servers';
import { forgetDataVolume } from '../../../cli/terraform/forget-data';
import { Oracle, type Finding } from '../support/oracle';
import { dockerOk, eventually, printLogs, removeCluster, testCluster, type TestCluster } from '../support/test-cluster';
import { synthesizeSpec, type ClusterSpec } from './cluster-spec';
import { Watch, type Interruption } from './interruption';
import { applyPlan, plan, prepare, type ResourceChange } from './plan';

/** Which container a server has, and since when it runs. */
export interface Life {
  readonly id: string;
  readonly startedAt: string;
}

/** What one change did. */
export interface Outcome {
  readonly changes: readonly ResourceChange[];
  /** Servers before and after, by name. */
  readonly before: Readonly<Record<string, Life>>;
  readonly after: Readonly<Record<string, Life>>;
  /** What clients of the application servers that stay saw. */
  readonly seen: readonly Interruption[];
  readonly acknowledged: number;
}

/** Plans that were applied on any cluster of the suite, for what no plan may do. */
export const APPLIED: { readonly cluster: string; readonly changes: readonly ResourceChange[] }[] = [];

/** A live cluster that is changed by plans, with clients that write all the while. */
export class LiveCluster {
  public readonly cluster: TestCluster;
  public spec: ClusterSpec;
  private readonly oracles: Oracle[] = [];

  public constructor(name: string, slot: number, spec: ClusterSpec) {
    this.cluster = testCluster(name, slot);
    this.spec = spec;
  }

  public async up(): Promise<void> {
    await this.write(this.spec);
    await plan(this.cluster);
    await applyPlan(this.cluster);
  }

  /** Writes the stack of a specification, which is the cluster's from now on. */
  public async write(spec: ClusterSpec): Promise<void> {
    this.spec = spec;
    synthesizeSpec(this.cluster, spec);
    await prepare(this.cluster);
  }

  /**
   * Plans and applies while every application server that stays is written to, waits until all is Normal and writing again, and
   * compares the database with what was acknowledged. Afterwards a second plan is empty.
   */
  public async change(spec: ClusterSpec, options: readonly string[] = []): Promise<Outcome> {
    const staying = Object.keys(this.spec.appServers).filter(server => server in spec.appServers);
    await this.write(spec);
    return this.apply(options, staying);
  }

  /** As `change`, for a stack that is written already; `first` happens while clients write, before the plan. */
  public async apply(
    options: readonly string[] = [],
    staying = Object.keys(this.spec.appServers),
    first?: () => Promise<void>,
  ): Promise<Outcome> {
    // The database's M strings are bytes: a name in plain ASCII is listed as it was written.
    const oracle = new Oracle(this.cluster.name, `change ${this.oracles.length + 1}`).start(staying);
    this.oracles.push(oracle);
    const before = await this.lives();
    let changes: readonly ResourceChange[];
    let watch: Watch;
    try {
      const writing = eventually('the first acknowledged writes', 60, () =>
        Promise.resolve(oracle.writesSince(0) || undefined),
      );
      if (first) await writing.then(first);
      [changes] = await Promise.all([plan(this.cluster, options), writing]);
      APPLIED.push({ cluster: this.cluster.name, changes });
      watch = new Watch(oracle);
      await applyPlan(this.cluster);
      await this.allWell(oracle);
    } finally {
      await oracle.stop();
    }
    const [second, finding] = await Promise.all([plan(this.cluster), this.findings(oracle)]);
    expect(second).toEqual([]);
    const { acknowledged, lost, wrong } = finding;
    expect({ lost: lost.slice(0, 5), wrong: wrong.slice(0, 5) }).toEqual({ lost: [], wrong: [] });
    return { changes, before, after: await this.lives(), seen: watch.seen(), acknowledged };
  }

  /** Every acknowledged write since the cluster was made, compared again. */
  public async everything(): Promise<number> {
    let total = 0;
    const listing = await this.listing('^demo.oracle');
    for (const oracle of this.oracles) {
      const { acknowledged, lost, wrong } = oracle.check(listing);
      expect({ change: oracle.name, lost, wrong }).toEqual({ change: oracle.name, lost: [], wrong: [] });
      total += acknowledged;
    }
    return total;
  }

  public async lives(): Promise<Record<string, Life>> {
    const servers = await findServers(this.cluster.name);
    return Object.fromEntries(
      servers.map(({ name, facts }) => [name, { id: facts.Id, startedAt: facts.State.StartedAt }]),
    );
  }

  /** When Docker made the data volume: another moment is another volume. */
  public dataSince(): Promise<string> {
    return dockerOk('volume', 'inspect', '--format', '{{.CreatedAt}}', `${this.cluster.name}-data`);
  }

  /** Takes the data volume out of the state. @returns whether the state knew it */
  public forgetData(): Promise<boolean> {
    const { name, stateFile, stackDirectory: directory } = this.cluster;
    const terraform = process.env.TERRAFORM_BINARY_NAME ?? 'terraform';
    return forgetDataVolume({ terraform, directory }, stateFile, name);
  }

  public async status(
    server: string,
  ): Promise<{ readonly state: string; readonly certificate: { notAfter: string; issuer: string } }> {
    return JSON.parse(await dockerOk('exec', this.container(server), 'ecp-node', 'status')) as never;
  }

  public container(server: string): string {
    return `${this.cluster.name}-${server}`;
  }

  public printLogs = (): Promise<void> => printLogs(this.cluster);
  public remove = (): Promise<void> => removeCluster(this.cluster);

  /** Every server is Normal, and every client had a write acknowledged that it began after that. */
  private async allWell(oracle: Oracle): Promise<void> {
    await eventually('every server Normal', 120, async () => {
      const servers = await findServers(this.cluster.name);
      const states = await Promise.all(
        servers.map(({ name }) =>
          this.status(name)
            .then(({ state }) => state)
            .catch(() => 'unreachable'),
        ),
      );
      return states.every(state => state === 'Normal') || undefined;
    });
    const now = Date.now();
    await eventually('acknowledged writes', 60, () => Promise.resolve(oracle.writesSince(now) || undefined)).catch(
      (error: Error) => {
        throw new Error(`${error.message}: ${oracle.failures.slice(-3).join('; ')}`);
      },
    );
  }

  private async findings(oracle: Oracle): Promise<Finding> {
    return oracle.check(await this.listing(`^demo.oracle("${oracle.name}")`));
  }

  /** What the data server's own database has below a reference. */
  private listing(reference: string): Promise<string> {
    return dockerOk('exec', this.container('data-server'), 'ecp-node', 'zwrite', reference);
  }
}
