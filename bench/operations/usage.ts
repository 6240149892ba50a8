import { DockerTime, isOfDocker } from './docker-time';
import { listProcesses, readProcess, type ProcessFacts } from './process-table';

/** What one action took. */
export interface Usage {
  /** Processor time of the tool and of all that it started, programs that it killed included. */
  readonly clientCpuSec: number;
  /** Processor time of Docker's own processes: `DockerTime`. */
  readonly daemonCpuSec: number;
  /** Largest sum of the resident memory of the tool's processes that a look found. */
  readonly clientMemoryMb: number;
  /** Resident memory of Docker's own processes at the end. */
  readonly daemonMemoryMb: number;
}

/** What the kernel counts in; less than that is told as that, since nothing takes no time. */
const TICK_SEC = 0.01;

const EVERY_MS = 150;
/** Where a look at all processes takes long it is taken more rarely, so that it costs a tenth of a core at most. */
const PAUSE_TO_LOOK = 9;

/** Measures one tool's processes, and Docker's, from its making to `end`. No other program may be started from here meanwhile. */
export class Meter {
  private readonly clientCpuBefore = endedChildrenCpuSec();
  private readonly docker = new DockerTime();
  private readonly client = new Set<number>();
  /** Processes of others, which are not read again. */
  private readonly others = new Set<number>();
  private clientMemoryMb = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor() {
    // The first look finds the shims, the second what is below them.
    this.look();
    this.others.clear();
    this.look();
    this.docker.start();
    this.plan(0);
  }

  /** Counts the memory of a program, and of what comes from it, as the client's. To be called when it has been started. */
  follow(pid: number): void {
    this.client.add(pid);
    this.others.delete(pid);
  }

  /** To be called when all programs that were started have ended. */
  end(): Usage {
    clearTimeout(this.timer);
    const clientCpuSec = endedChildrenCpuSec() - this.clientCpuBefore;
    this.look();
    return {
      clientCpuSec: Math.max(TICK_SEC, clientCpuSec),
      daemonCpuSec: Math.max(TICK_SEC, this.docker.cpuSec()),
      clientMemoryMb: this.clientMemoryMb,
      daemonMemoryMb: this.docker.memoryMb,
    };
  }

  private plan(tookMs: number): void {
    this.timer = setTimeout(
      () => {
        const start = performance.now();
        this.look();
        this.plan(performance.now() - start);
      },
      Math.max(EVERY_MS, tookMs * PAUSE_TO_LOOK),
    );
  }

  private look(): void {
    const alive = listProcesses();
    this.forget(new Set(alive));
    const docker: ProcessFacts[] = [];
    let memoryMb = 0;
    for (const pid of alive) {
      const facts = this.others.has(pid) ? undefined : readProcess(pid);
      if (!facts) continue;
      if (this.isClient(facts)) {
        this.client.add(pid);
        memoryMb += facts.memoryMb;
      } else if (isOfDocker(facts) || this.docker.isBelowShim(facts)) {
        docker.push(facts);
      } else {
        this.others.add(pid);
      }
    }
    this.clientMemoryMb = Math.max(this.clientMemoryMb, memoryMb);
    this.docker.note(docker);
  }

  private isClient({ pid, parent, session }: ProcessFacts): boolean {
    return [pid, parent, session].some(each => this.client.has(each));
  }

  private forget(alive: ReadonlySet<number>): void {
    for (const pid of this.others) if (!alive.has(pid)) this.others.delete(pid);
  }
}

/** The kernel adds a program's time to its parent's when the parent learns of its end, so nothing short is missed. */
export function endedChildrenCpuSec(): number {
  return readProcess(process.pid)?.childrenCpuSec ?? 0;
}
