import { Session } from './session';

/** What the oracle found in the database. */
export interface Finding {
  readonly acknowledged: number;
  readonly lost: string[];
  readonly wrong: string[];
}

/** Pause between two batches: 100 records a second are enough to be hit by every fault, and few enough to list in a second. */
const PAUSE_MS = 100;
/** A session is a process in a container, which takes much of a processor. */
const PAUSE_OF_SESSIONS_MS = 1000;
const BATCH = 10;

/** Writes numbered records on one application server for as long as it is told to, whatever happens to the session. */
export class Writer {
  /** Records that a returned `sync` followed. */
  public readonly acknowledged = new Set<number>();
  /** Start of the newest batch that was acknowledged as a whole, in milliseconds. */
  public lastGood = 0;
  /** When each batch was acknowledged, in milliseconds. */
  public readonly acknowledgedAt: number[] = [];
  public sent = 0;
  /** Answers other than `ok`, and sessions that ended or fell silent. */
  public readonly failures: string[] = [];
  /** Longest time from the start of a batch to its acknowledgement. */
  public slowestMs = 0;
  private session?: Session;
  private stopped = false;
  private readonly done: Promise<void>;

  public constructor(
    private readonly oracle: Oracle,
    public readonly server: string,
    /** Without it nothing is ever promised: shows that the oracle finds a loss. */
    private readonly sync = true,
    /** A session of its own for each batch, so that every batch needs a new connection. */
    private readonly newSessions = false,
  ) {
    this.done = this.run();
  }

  public async stop(): Promise<void> {
    this.stopped = true;
    await this.done;
  }

  /** The record's reference and value, as `zwrite` lists them. */
  public record(number: number): [string, string] {
    return [
      `^demo.oracle("${this.oracle.name}","${this.server}",${number})`,
      `"${this.oracle.nonce} ${this.server} ${number}"`,
    ];
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      try {
        this.session ??= await this.open();
        await this.batch(this.session);
        if (this.newSessions) {
          this.session.end();
          this.session = undefined;
        }
      } catch (error) {
        this.failures.push((error as Error).message);
        this.session?.end();
        this.session = undefined;
        await delay(200);
      }
      await delay(this.newSessions ? PAUSE_OF_SESSIONS_MS : PAUSE_MS);
    }
    this.session?.end();
  }

  private async open(): Promise<Session> {
    const { cluster, environment, locate } = this.oracle;
    if (!locate) return new Session(`${cluster}-${this.server}`, environment);
    const place = await locate(this.server);
    if (!place) throw new Error(`${this.server} runs nowhere`);
    return new Session(place.container, place.environment);
  }

  /** Numbers are never used twice, so a record that was not acknowledged may come late or never, and nothing hides a loss. */
  private async batch(session: Session): Promise<void> {
    const start = Date.now();
    const numbers = Array.from({ length: BATCH }, () => ++this.sent);
    const commands = numbers.map(number => `set ${this.record(number).join('=')}`);
    const answers = await session.ask([...commands, ...(this.sync ? ['sync'] : [])], this.oracle.patienceSec);
    const bad = answers.find(answer => answer !== 'ok');
    if (bad !== undefined) throw new Error(bad);
    for (const number of numbers) this.acknowledged.add(number);
    this.slowestMs = Math.max(this.slowestMs, Date.now() - start);
    this.lastGood = start;
    this.acknowledgedAt.push(Date.now());
  }
}

/** Knows every acknowledged write of a phase: a write followed by a returned `sync`. */
export class Oracle {
  public readonly nonce = Math.random().toString(36).slice(2, 10);
  public writers: Writer[] = [];

  public constructor(
    public readonly cluster: string,
    public readonly name: string,
    public readonly environment: NodeJS.ProcessEnv = {},
    /** A session that does not answer for so long is given up for a new one. */
    public patienceSec = 15,
    /** Where a server runs at this moment, if not under its name on one Docker host. */
    public readonly locate?: (
      server: string,
    ) => Promise<{ container: string; environment: NodeJS.ProcessEnv } | undefined>,
  ) {}

  public start(
    servers: readonly string[],
    options: { readonly sync: boolean; readonly newSessions?: boolean } = { sync: true },
  ): this {
    this.writers = servers.map(server => new Writer(this, server, options.sync, options.newSessions));
    return this;
  }

  public async stop(): Promise<void> {
    await Promise.all(this.writers.map(writer => writer.stop()));
  }

  public get failures(): string[] {
    return this.writers.flatMap(writer => writer.failures.map(failure => `${writer.server}: ${failure}`));
  }

  /** Number of acknowledged records. */
  public get total(): number {
    return this.writers.reduce((sum, writer) => sum + writer.acknowledged.size, 0);
  }

  /** True when every writer had a batch acknowledged that it began after the moment. */
  public writesSince(moment: number): boolean {
    return this.writers.every(writer => writer.lastGood > moment);
  }

  /** Compares a listing of `^demo.oracle` with what was promised and sent. */
  public check(listing: string): Finding {
    const found = new Map<string, string>();
    const wrong: string[] = [];
    for (const line of listing.split('\n').filter(each => each.startsWith(`^demo.oracle("${this.name}",`))) {
      const at = line.indexOf(')=') + 1;
      if (found.has(line.slice(0, at))) wrong.push(`twice: ${line}`);
      found.set(line.slice(0, at), line.slice(at + 1));
    }
    const lost: string[] = [];
    let acknowledged = 0;
    for (const writer of this.writers) {
      acknowledged += writer.acknowledged.size;
      for (let number = 1; number <= writer.sent; number++) {
        const [reference, value] = writer.record(number);
        const seen = found.get(reference);
        if (seen === undefined && writer.acknowledged.has(number)) lost.push(reference);
        if (seen !== undefined && seen !== value) wrong.push(`${reference}=${seen}`);
        found.delete(reference);
      }
    }
    return { acknowledged, lost, wrong: [...wrong, ...found.keys()] };
  }
}

const delay = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));
