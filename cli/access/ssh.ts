import { findProgram } from '../machine/find-program';
import { run, type ProcessResult } from '../process';
import type { Endpoint } from './endpoints';
import { NODE_SEC } from './silent-nodes';

/** Nodes that ssh has let this process in to. */
const open = new Set<string>();

/**
 * Why a node whose address is `ssh://` cannot be reached; undefined for one that can, and for other addresses. Docker's program would pass
 * ssh's questions on to the terminal, and its words on ssh's failures name neither host nor remedy, so ssh is asked first, once a process.
 */
export async function whySshFails({ environment: { DOCKER_HOST: host = '' } }: Endpoint): Promise<string | undefined> {
  if (!host.startsWith('ssh:') || open.has(host)) return undefined;
  if (findProgram('ssh') === undefined) return 'there is no ssh on this machine; ./ecp setup installs it';
  const { hostname, port, username } = new URL(host);
  // An address of IPv6 has brackets in a URL alone.
  const name = hostname.replace(/^\[|\]$/g, '');
  const target = username === '' ? name : `${username}@${name}`;
  const options = ['-o', 'BatchMode=yes', '-o', `ConnectTimeout=${NODE_SEC}`, ...(port === '' ? [] : ['-p', port])];
  const command = ['docker', 'version', '--format', '{{.Server.Version}}'];
  const result = await run('ssh', [...options, '--', target, ...command], { timeoutSec: NODE_SEC });
  if (result.code !== 0) return inWords(result, target, port);
  open.add(host);
  return undefined;
}

/** What ssh, or Docker at its other end, says, with the remedy. */
export function inWords({ code, stderr }: Pick<ProcessResult, 'code' | 'stderr'>, target: string, port = ''): string {
  const [name = target] = target.split('@').slice(-1);
  const command = ['ssh', ...(port === '' ? [] : ['-p', port]), target].join(' ');
  const words = stderr.trim().split('\n').pop()?.trim() ?? '';
  if (code === 124) return `ssh to ${target} said nothing for ${NODE_SEC} s`;
  if (/REMOTE HOST IDENTIFICATION HAS CHANGED/.test(stderr))
    return `the ssh host key of ${name} is not the one that is known here; find out why, then ssh-keygen -R ${name}`;
  if (/Host key verification failed/.test(stderr))
    return `the ssh host key of ${name} is not known here; connect once with ${command}, and compare its fingerprint`;
  if (/Permission denied \(/.test(stderr))
    return `ssh does not let ${target} in without a question; bring a key there with ssh-copy-id, or load it with ssh-add`;
  if (code === 127) return `there is no docker command for ${target}; install Docker on that host`;
  if (/permission denied.*docker/i.test(stderr))
    return `${target} may not use Docker there; add that user to the group docker on that host`;
  return words.replace(/^ssh: /, '') || `ssh to ${target} ended with code ${code}`;
}
