import type { Server } from './servers';

/** Ended, or ended by SIGTERM, which is how Docker asks. */
const STOPPED: readonly number[] = [0, 143];

/**
 * Whether somebody stopped a cluster on purpose: every server is there and has ended as it should. Docker starts again what ends by itself,
 * and a server that was killed, or failed, ends with another code.
 */
export function isPaused(servers: readonly Server[]): boolean {
  return servers.length > 0 && servers.every(({ facts: { State: state } }) => hasStopped(state));
}

/** Whether a container has ended as it should. */
export function hasStopped({ Status: status, ExitCode: code, OOMKilled: killed }: Server['facts']['State']): boolean {
  return status === 'exited' && STOPPED.includes(code) && !killed;
}
