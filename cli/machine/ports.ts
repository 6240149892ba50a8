import { connect, createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { LABELS } from '../../contract/contract';
import { tryDocker } from '../access/docker';
import { run } from '../process';
import { UserError } from '../terminal';
import { settledDaemon } from './daemon-handover';

const ADDRESS = '127.0.0.1';

/** The program that listens for a container. */
const DOCKERS_OWN = 'docker-proxy';

const LOOKS = 6;

/** A container of any cluster, or of none, that publishes ports. */
interface Publisher {
  readonly cluster: string;
  readonly name: string;
  readonly ports: string;
}

/**
 * Finds who holds the web ports that a cluster wants on 127.0.0.1. The cluster's own containers may.
 *
 * @returns one sentence for each port that is not free
 */
export async function portProblems(cluster: string, ports: readonly number[]): Promise<string[]> {
  const local = settledDaemon().host.startsWith('unix://');
  for (let looks = 1; ; looks++) {
    const publishers = await listPublishers();
    const problems = await Promise.all(ports.map(port => portProblem(cluster, port, publishers, local)));
    const found = problems.filter(problem => problem !== undefined);
    // A container that Docker starts over and over may have come after the list: the next one names it.
    if (looks === LOOKS || !found.some(problem => problem.includes(`'${DOCKERS_OWN}'`))) return found;
    await setTimeout(500);
  }
}

/** @throws UserError with the sentences of `portProblems`, for `up` before it creates anything. */
export async function requirePorts(cluster: string, ports: readonly number[]): Promise<void> {
  const problems = await portProblems(cluster, ports);
  if (problems.length > 0) throw new UserError(problems.join('\n'));
}

async function portProblem(
  cluster: string,
  port: number,
  publishers: readonly Publisher[],
  local: boolean,
): Promise<string | undefined> {
  const publisher = publishers.find(candidate => publishes(candidate.ports, port));
  if (publisher?.cluster === cluster) return undefined;
  const choose = 'or choose another web port (ECP_DATA_SERVER_WEB_PORT, ECP_APP_SERVER_WEB_PORT_BASE)';
  if (publisher) {
    const owner = publisher.cluster ? ` of the cluster '${publisher.cluster}'` : '';
    return `Port ${port} is published by the container '${publisher.name}'${owner}: stop that container, ${choose}`;
  }
  if (!local || (await isFree(port))) return undefined;
  return `Port ${port} on ${ADDRESS} is held by ${await holder(port)}: stop it, ${choose}`;
}

async function listPublishers(): Promise<Publisher[]> {
  const format = `{{.Label "${LABELS.cluster}"}}\t{{.Names}}\t{{.Ports}}`;
  const list = await tryDocker(['ps', '--no-trunc', '--format', format], { timeoutSec: 30 });
  return list.stdout.split('\n').flatMap(line => {
    const [cluster = '', name = '', ports = ''] = line.split('\t');
    return name ? [{ cluster, name, ports }] : [];
  });
}

/** Reads docker's own words, such as `127.0.0.1:81->52773/tcp, 0.0.0.0:8000-8002->8000-8002/tcp, 1972/tcp`. */
export function publishes(ports: string, port: number): boolean {
  return [...ports.matchAll(/(\S+):(\d+)(?:-(\d+))?->[^,]*\/tcp/g)].some(
    ([, address = '', first = '', last = first]) => {
      const reachesUs = [ADDRESS, '0.0.0.0', '[::]', ':::', '::'].includes(address);
      return reachesUs && Number(first) <= port && port <= Number(last);
    },
  );
}

/** Tries to listen. An ordinary user may not below 1024; then a connection that is accepted tells that the port is taken. */
function isFree(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EACCES') resolve(refusesConnections(port));
      else resolve(false);
    });
    server.listen(port, ADDRESS, () => server.close(() => resolve(true)));
  });
}

function refusesConnections(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ port, host: ADDRESS, timeout: 1000 });
    const end = (free: boolean): void => {
      socket.destroy();
      resolve(free);
    };
    socket
      .once('connect', () => end(false))
      .once('error', () => end(true))
      .once('timeout', () => end(true));
  });
}

async function holder(port: number): Promise<string> {
  const sockets = await run('ss', ['-Hltnp', `sport = :${port}`], { timeoutSec: 5 });
  const [, name, pid] = /users:\(\("([^"]+)",pid=(\d+)/.exec(sockets.stdout) ?? [];
  return name ? `the program '${name}' (process ${pid})` : 'another program';
}
