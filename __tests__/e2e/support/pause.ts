import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { run } from '../../../cli/process';
import { dockerOk, eventually } from './test-cluster';

/**
 * Pauses a container. A busy runc gives up with "unable to freeze", and Docker 20.10 can freeze a process that it is just starting
 * in the container (a health check, an exec): it then answers nothing about the container, not even to unpause it. Such a freeze
 * is taken back, and tried again.
 */
export async function pauseContainer(container: string): Promise<void> {
  const pid = await dockerOk('inspect', '--format', '{{.State.Pid}}', container);
  await eventually(`${container} is paused`, 60, async () => {
    const paused = await run('docker', ['pause', container], { timeoutSec: 10 });
    const status = await run('docker', ['inspect', '--format', '{{.State.Status}}', container], { timeoutSec: 5 });
    if (status.stdout.trim() === 'paused') return true;
    if (paused.code === 124 || status.code === 124) thaw(pid);
    return undefined;
  });
}

/** As Docker's `unpause`, which waits for the frozen process: lets the container's processes go on. */
function thaw(pid: string): void {
  const groups = readFileSync(`/proc/${pid}/cgroup`, 'utf8');
  const v1 = /^\d+:freezer:(.*)$/m.exec(groups)?.[1];
  const v2 = /^0::(.*)$/m.exec(groups)?.[1];
  if (v1 !== undefined) writeFileSync(`/sys/fs/cgroup/freezer${v1}/freezer.state`, 'THAWED');
  else if (existsSync(`/sys/fs/cgroup${v2}/cgroup.freeze`)) writeFileSync(`/sys/fs/cgroup${v2}/cgroup.freeze`, '0');
}
