import type { ProcessFacts } from './process-table';

const DAEMON = /^(dockerd|containerd|docker-proxy)$/;
const SHIM = /^containerd-shim/;
/** A shim's helper, and what a container's first process is called until it becomes the container's program. */
const HELPER = /^runc/;

/** True for dockerd, its proxies, containerd and its shims. */
export function isOfDocker({ name }: Pick<ProcessFacts, 'name'>): boolean {
  return DAEMON.test(name) || SHIM.test(name);
}

/**
 * Processor time and memory of Docker's own processes, from one look at them after another.
 *
 * The kernel adds what a container's processes took to their shim when they end, and the removal of a server would be charged with the
 * server's whole life: that is taken off again, as it was last seen. So what runs in a container counts only where it came and went
 * between two looks.
 */
export class DockerTime {
  /** Resident memory at the last look. */
  memoryMb = 0;
  private readonly seconds = new Map<number, number>();
  private readonly before = new Map<number, number>();
  private readonly shims = new Set<number>();
  /** Processes right below a shim: the first one of a container, and its probes. */
  private contained = new Map<number, ProcessFacts>();
  /** By shim: what its contained processes that have ended took. */
  private readonly containedSec = new Map<number, number>();

  /** True for what `note` wants to see beside Docker's own processes. */
  isBelowShim({ parent }: Pick<ProcessFacts, 'parent'>): boolean {
    return this.shims.has(parent);
  }

  /** Takes one look: all of Docker's processes and those right below a shim. */
  note(processes: readonly ProcessFacts[]): void {
    const own = processes.filter(isOfDocker);
    this.noteEnded(new Set(own.map(({ pid }) => pid)));
    for (const { pid, name } of own) if (SHIM.test(name)) this.shims.add(pid);
    this.noteContained(
      processes.filter(each => this.isBelowShim(each) && !isOfDocker(each) && !HELPER.test(each.name)),
    );
    for (const { pid, ownCpuSec, childrenCpuSec } of own)
      this.seconds.set(pid, ownCpuSec + childrenCpuSec - (this.containedSec.get(pid) ?? 0));
    this.memoryMb = own.reduce((sum, { memoryMb }) => sum + memoryMb, 0);
  }

  /** Counts from the last look on. */
  start(): void {
    for (const [pid, sec] of this.seconds) this.before.set(pid, sec);
  }

  /** Processor time since `start`. */
  cpuSec(): number {
    return [...this.seconds].reduce((sum, [pid, sec]) => sum + sec - (this.before.get(pid) ?? 0), 0);
  }

  /** A proxy's time is its parent's now; a shim has no parent here, so that what was last seen of it stays. */
  private noteEnded(alive: ReadonlySet<number>): void {
    for (const pid of this.seconds.keys()) if (!alive.has(pid) && !this.shims.has(pid)) this.seconds.set(pid, 0);
  }

  private noteContained(processes: readonly ProcessFacts[]): void {
    const now = new Map(processes.map(each => [each.pid, each]));
    for (const [pid, { parent, ownCpuSec, childrenCpuSec }] of this.contained) {
      if (now.has(pid)) continue;
      this.containedSec.set(parent, (this.containedSec.get(parent) ?? 0) + ownCpuSec + childrenCpuSec);
    }
    this.contained = now;
  }
}
