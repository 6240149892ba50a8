import { tryDocker } from '../access/docker';
import { settledDaemon } from './daemon-handover';

/** The oldest engine API that the Terraform provider's requests were tried with (Docker 20.10). */
export const MINIMUM_API = '1.41';

const USUAL_SOCKET = /^unix:\/\/(\/var)?\/run\/docker\.sock$/;

/** The result of asking the Docker daemon for its version. */
export interface DockerState {
  /** - `no-program`: there is no docker command
   *  - `answers`: all is well
   *  - `refuses`: the socket is there, this user may not use it
   *  - `silent`: nothing answers at the usual socket
   *  - `silent-elsewhere`: nothing answers where DOCKER_HOST or a docker context points */
  readonly kind: 'no-program' | 'answers' | 'refuses' | 'silent' | 'silent-elsewhere';
  /** Where the command looks for the daemon. */
  readonly host: string;
  /** True for the socket that the Terraform provider uses by itself. */
  readonly usualHost: boolean;
  readonly version: string;
  readonly apiVersion: string;
  /** The docker command's own complaint, one line. */
  readonly complaint: string;
}

/** Asks the daemon that was settled on for its version. */
export async function lookAtDocker(): Promise<DockerState> {
  const { host } = settledDaemon();
  const version = await tryDocker(['version', '--format', '{{.Server.APIVersion}} {{.Server.Version}}'], {
    timeoutSec: 15,
  });
  const [apiVersion = '', engine = ''] = version.stdout.trim().split(' ');
  const usualHost = USUAL_SOCKET.test(host);
  const state = { host, usualHost, version: engine, apiVersion, complaint: '' };
  if (version.code === 127) return { ...state, kind: 'no-program' };
  if (version.code === 0 && apiVersion !== '') return { ...state, kind: 'answers' };
  const complaint = version.code === 124 ? 'no answer in 15 s' : lastLine(version.stderr);
  if (/permission denied/i.test(version.stderr)) return { ...state, kind: 'refuses', complaint };
  return { ...state, kind: usualHost ? 'silent' : 'silent-elsewhere', complaint };
}

/** True when a version such as 1.41 is at least the other one. */
export function isAtLeast(version: string, minimum: string): boolean {
  const [have, need] = [version, minimum].map(text => text.split('.').map(Number)) as [number[], number[]];
  for (const [index, part] of need.entries()) {
    const mine = have[index] ?? 0;
    if (mine !== part) return mine > part;
  }
  return true;
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? '';
}
