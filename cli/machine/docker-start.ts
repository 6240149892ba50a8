import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync, closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../process';
import { UserError, type Progress } from '../terminal';
import { lookAtDocker } from './docker-version';
import { findProgram } from './find-program';

const LOG = '/var/log/dockerd.log';
const PATIENCE_SEC = 60;

/** What starts the daemon here: the init system that runs, or our own hand where none does. */
export type Starter = 'systemd' | 'service' | 'hand';

/** Starts the Docker daemon and waits until it answers. */
export async function startDocker(progress: Progress): Promise<void> {
  // The package's own scripts may have started it already; a second daemon would end at the first one's pid file.
  if (await answersWithin(3)) return;
  const starter = chooseStarter();
  progress(`start by ${starter}`);
  if (starter === 'systemd') await run('systemctl', ['enable', '--now', 'docker'], { timeoutSec: 90 });
  else if (starter === 'service') await run('service', ['docker', 'start'], { timeoutSec: 90 });
  const child = starter === 'hand' ? await startByHand() : undefined;
  progress('wait for an answer');
  if (!(await answersWithin(PATIENCE_SEC, child))) throw new UserError(await failureSentence(starter));
}

/** Finds the init system; a container or chroot without one has another program as process 1. */
export function chooseStarter(processOne = '/proc/1/comm'): Starter {
  if (existsSync('/run/systemd/system')) return 'systemd';
  try {
    if (readFileSync(processOne, 'utf8').trim() === 'init' && findProgram('service')) return 'service';
  } catch {
    // No /proc: then there is no init system to ask either.
  }
  return 'hand';
}

/** Starts dockerd in a session of its own, so that neither the terminal's end nor ours reaches it. */
async function startByHand(): Promise<ChildProcess> {
  await mountControlGroups();
  removeStalePid('/var/run/docker.pid', 'dockerd');
  removeStalePid('/var/run/docker/containerd/containerd.pid', 'containerd');
  const log = openSync(LOG, 'a');
  const child = spawn(findProgram('dockerd') ?? 'dockerd', [], {
    detached: true,
    stdio: ['ignore', log, log],
    cwd: '/',
  });
  child.on('error', error => appendFileSync(LOG, `${error.message}\n`));
  child.unref();
  closeSync(log);
  return child;
}

/**
 * A daemon that was killed, or a machine that was, leaves its pid file behind. When another program has that number by now, dockerd takes
 * it for itself and refuses to start.
 */
export function removeStalePid(pidFile: string, program: string): void {
  if (!existsSync(pidFile)) return;
  const pid = readFileSync(pidFile, 'utf8').trim();
  const commandFile = `/proc/${pid}/comm`;
  if (existsSync(commandFile) && readFileSync(commandFile, 'utf8').trim() === program) return;
  rmSync(pidFile);
}

/** Mounting these is the init system's work too; dockerd refuses to start without them. */
async function mountControlGroups(folder = '/sys/fs/cgroup'): Promise<void> {
  if (existsSync(folder) && readdirSync(folder).length === 0)
    await run('mount', ['-t', 'cgroup2', 'cgroup2', folder], { timeoutSec: 15 });
}

/** Waits for an answer; not much longer when the daemon that we started has ended, unless another one is starting. */
async function answersWithin(seconds: number, daemon?: ChildProcess): Promise<boolean> {
  let deadline = Date.now() + seconds * 1000;
  daemon?.once('exit', () => (deadline = Math.min(deadline, Date.now() + 5000)));
  for (;;) {
    if ((await lookAtDocker()).kind === 'answers') return true;
    if (Date.now() > deadline) return false;
    await sleep(500);
  }
}

async function failureSentence(starter: Starter): Promise<string> {
  const what = 'The Docker daemon was started and does not answer';
  if (starter === 'systemd') {
    const journal = await run('journalctl', ['-u', 'docker', '-n', '8', '--no-pager', '-o', 'cat']);
    return `${what}; see 'journalctl -u docker'. Its last lines:\n${journal.stdout.trim()}`;
  }
  const log = [LOG, '/var/log/docker.log'].find(file => existsSync(file));
  const lines = log ? readFileSync(log, 'utf8').trim().split('\n') : ['(there is no log)'];
  const telling = lines.filter(line => !/\blevel=(info|debug|warning)\b/.test(line)).slice(-8);
  return `${what}; see ${log ?? LOG}. Its last lines:\n${telling.join('\n')}`;
}
