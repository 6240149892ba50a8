import { run, type ProcessResult } from '../../../cli/process';
import { pauseContainer } from './pause';
import { killOnHost } from './test-cluster';

/** A docker command on the daemon of this environment; it must succeed. */
export async function docker(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<string> {
  const result = await tryDocker(args, environment);
  if (result.code === 0) return result.stdout.trim();
  throw new Error(`docker ${args.join(' ')} ended with code ${result.code}\n${result.stdout}\n${result.stderr}`);
}

/** As `docker`, and a failure is a result. */
export function tryDocker(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<ProcessResult> {
  return run('docker', args, { env: environment, timeoutSec: 100 });
}

/** Runs a shell command in a container. */
export const inside = (container: string, script: string) => docker(['exec', container, 'bash', '-c', script]);

/** The host's number of a container's main process. */
export async function mainProcess(container: string): Promise<number> {
  return Number(await docker(['inspect', '--format', '{{.State.Pid}}', container]));
}

/** Runs a program of the host in a container's network namespace; needs root. */
export async function inNetworkOf(container: string, command: readonly string[]): Promise<ProcessResult> {
  return run('nsenter', ['-t', String(await mainProcess(container)), '-n', ...command], { timeoutSec: 20 });
}

/** kill -9 of a container's main process on the host; returns when it is dead. */
export async function killMainProcess(container: string): Promise<void> {
  if (process.getuid?.() === 0) process.kill(await mainProcess(container), 'SIGKILL');
  else await killOnHost(container);
}

/** docker kill counts as a wish to keep the container stopped, so it has to be started again. */
export async function killAndStart(container: string): Promise<void> {
  await docker(['kill', container]);
  await docker(['start', container]);
}

/** kill -9 of a program inside a container, by its name in /proc. */
export async function killInside(container: string, program: string): Promise<void> {
  await inside(
    container,
    `for at in /proc/[0-9]*; do [[ $(<"$at/comm") != ${program} ]] || { kill -9 "\${at##*/}" && echo hit; }; done 2>/dev/null | grep -q hit`,
  );
}

/** Stops a program inside a container for a while, by its name and words of its command; everything else there goes on. */
export async function stopInside(
  container: string,
  program: string,
  words: string,
  during: () => Promise<void>,
): Promise<void> {
  const isMeant = `$(<"$at/comm") == ${program} && $(tr '\\0' ' ' <"$at/cmdline") == *'${words}'*`;
  const signal = (name: string): Promise<string> =>
    inside(
      container,
      `hits=0; for at in /proc/[0-9]*; do [[ ! (${isMeant}) ]] || { kill -${name} "\${at##*/}" && ((++hits)); }; done 2>/dev/null; ((hits))`,
    );
  await signal('STOP');
  try {
    await during();
  } finally {
    await signal('CONT');
  }
}

/** Takes a container off a network for a while, then connects it as it was, with its aliases. */
export async function partition(network: string, container: string, during: () => Promise<void>): Promise<void> {
  const format = `{{range (index .NetworkSettings.Networks "${network}").Aliases}}{{println .}}{{end}}`;
  const aliases = (await docker(['inspect', '--format', format, container])).split('\n').filter(Boolean);
  await docker(['network', 'disconnect', network, container]);
  try {
    await during();
  } finally {
    await docker(['network', 'connect', ...aliases.flatMap(alias => ['--alias', alias]), network, container]);
  }
}

/** Pauses a container for a while. */
export async function pause(container: string, during: () => Promise<void>): Promise<void> {
  await pauseContainer(container);
  try {
    await during();
  } finally {
    await docker(['unpause', container]);
  }
}

export const sleep = (seconds: number) => new Promise<void>(resolve => setTimeout(resolve, seconds * 1000));
