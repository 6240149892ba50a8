import { readFileSync, writeFileSync } from 'node:fs';
import { run } from '../../../cli/process';
import { dockerOk, eventually } from './test-cluster';

/**
 * Pauses a container. A busy runc gives up with "unable to freeze", sometimes after Docker has noted the pause, and Docker 20.10 can
 * freeze a process that it is just starting in the container (a health check, an exec): it then answers nothing about the container,
 * not even to unpause it. So the kernel is asked whether the pause is real.
 */
export async function pauseContainer(container: string): Promise<void> {
  const freezer = freezerOf(await dockerOk('inspect', '--format', '{{.State.Pid}}', container));
  await eventually(`${container} is paused`, 60, async () => {
    const paused = await run('docker', ['pause', container], { timeoutSec: 10 });
    const status = await run('docker', ['inspect', '--format', '{{.State.Status}}', container], { timeoutSec: 5 });
    if (paused.code === 124 || status.code === 124) freezer.set(false);
    else if (status.stdout.trim() === 'paused') {
      if (!freezer.isFrozen()) freezer.set(true);
      return freezer.isFrozen() || undefined;
    }
    return undefined;
  });
}

interface Freezer {
  readonly isFrozen: () => boolean;
  readonly set: (frozen: boolean) => void;
}

/** What runc itself uses, of either version of control groups. */
function freezerOf(pid: string): Freezer {
  const groups = readFileSync(`/proc/${pid}/cgroup`, 'utf8');
  const v1 = /^\d+:freezer:(.*)$/m.exec(groups)?.[1];
  if (v1 !== undefined) {
    const file = `/sys/fs/cgroup/freezer${v1}/freezer.state`;
    return {
      isFrozen: () => readFileSync(file, 'utf8').trim() === 'FROZEN',
      set: frozen => writeFileSync(file, frozen ? 'FROZEN' : 'THAWED'),
    };
  }
  const folder = `/sys/fs/cgroup${/^0::(.*)$/m.exec(groups)?.[1]}`;
  return {
    isFrozen: () => readFileSync(`${folder}/cgroup.events`, 'utf8').includes('frozen 1'),
    set: frozen => writeFileSync(`${folder}/cgroup.freeze`, frozen ? '1' : '0'),
  };
}
