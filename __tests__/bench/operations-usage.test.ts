import { spawn } from 'node:child_process';
import { setImmediate } from 'node:timers/promises';
import { DockerTime } from '../../bench/operations/docker-time';
import { killTree, parseStat, readProcess, treeOf, type ProcessFacts } from '../../bench/operations/process-table';
import { execute } from '../../bench/operations/step';

describe('a line of /proc/PID/stat', () => {
  it('is read past a name with blanks and parentheses', () => {
    const line =
      '4711 (a) b (c) S 42 4711 4700 0 -1 4194560 100 200 0 0 150 50 300 100 20 0 9 0 12345 1000000 2560 18446744073709551615 1 1';
    expect(parseStat(line)).toEqual({
      pid: 4711,
      name: 'a) b (c',
      parent: 42,
      session: 4700,
      ownCpuSec: 2,
      childrenCpuSec: 4,
      memoryMb: 10,
    });
  });

  it('is there for this process, and not for one that is not', () => {
    expect(readProcess(process.pid)).toMatchObject({ pid: process.pid, parent: process.ppid });
    expect(readProcess(0)).toBeUndefined();
  });
});

describe('a tree of processes', () => {
  // A grandchild with a session of its own, as cdktf and ./ecp give one to Terraform.
  const script = 'setsid sleep 321 & sleep 321; true';

  it('is found and ended as a whole', async () => {
    const child = spawn('bash', ['-c', script], { detached: true, stdio: 'ignore' });
    let pids: number[] = [];
    while (pids.length < 3) {
      await setImmediate();
      pids = treeOf(child.pid!).map(({ pid }) => pid);
    }
    killTree(child.pid!);
    await ended(pids);
  });

  it('ends with the signal that its step was given', async () => {
    const controller = new AbortController();
    let pids: number[] = [];
    const result = execute({ program: 'bash', args: ['-c', script], env: process.env }, controller.signal, pid => {
      const abort = (): void => {
        pids = treeOf(pid).map(each => each.pid);
        controller.abort(new Error('enough'));
      };
      process.nextTick(abort);
    });
    await expect(result).rejects.toThrow('failed (interrupted)');
    await ended(pids);
  });
});

/** Waits until processes have ended; one that nobody has asked for its exit code yet has. */
async function ended(pids: readonly number[]): Promise<void> {
  while (pids.some(pid => (readProcess(pid)?.memoryMb ?? 0) > 0)) await setImmediate();
}

it('a program that fails is told with its last lines', async () => {
  const command = { program: 'bash', args: ['-c', 'echo one; echo two >&2; exit 3'], env: process.env };
  await expect(execute(command, new AbortController().signal)).rejects.toThrow(
    /failed \(exit code 3\)\n(one\ntwo|two\none)/,
  );
});

describe("Docker's processor time", () => {
  const facts = (pid: number, name: string, parent: number, ownCpuSec: number, childrenCpuSec = 0): ProcessFacts => ({
    pid,
    name,
    parent,
    session: 1,
    ownCpuSec,
    childrenCpuSec,
    memoryMb: 10,
  });

  it("counts from the start, with the daemon's ended children and shims that came and went", () => {
    const time = new DockerTime();
    time.note([facts(10, 'dockerd', 1, 5, 1)]);
    time.start();
    time.note([facts(10, 'dockerd', 1, 6, 1), facts(20, 'containerd-shim', 1, 0.5, 0.25)]);
    time.note([facts(10, 'dockerd', 1, 6, 3)]);
    expect(time.cpuSec()).toBe(3.75);
    expect(time.memoryMb).toBe(10);
  });

  it('does not take the life of a container for the work of ending it', () => {
    const time = new DockerTime();
    const shim = (childrenCpuSec: number) => facts(20, 'containerd-shim', 1, 1, childrenCpuSec);
    time.note([shim(0)]);
    time.note([shim(0), facts(30, 'tini', 20, 2, 70)]);
    time.start();
    time.note([shim(72.5)]);
    expect(time.cpuSec()).toBe(0.5);
  });

  it('does not count a proxy twice when its end has made it part of the daemon', () => {
    const time = new DockerTime();
    time.note([facts(10, 'dockerd', 1, 5), facts(11, 'docker-proxy', 10, 1)]);
    time.start();
    time.note([facts(10, 'dockerd', 1, 5, 2)]);
    expect(time.cpuSec()).toBe(1);
  });
});
