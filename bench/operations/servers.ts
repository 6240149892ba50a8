import { readFileSync } from 'node:fs';
import { mapConcurrently } from '../../cli/map-concurrently';
import { LABELS } from '../../contract/contract';
import { askDocker } from './docker-socket';

/** A server's container as Docker lists it. */
interface Listed {
  readonly Id: string;
  /** Such as `Up 3 seconds (healthy)`. */
  readonly Status: string;
  readonly Labels: Readonly<Record<string, string>>;
}

/** Asks an engine's API, as `askDocker` does this host's. */
export type AskEngine = (path: string) => Promise<Buffer>;

const THIS_HOST: readonly AskEngine[] = [askDocker];

async function listContainers(cluster: string, engines = THIS_HOST): Promise<Listed[]> {
  const filters = encodeURIComponent(JSON.stringify({ label: [`${LABELS.cluster}=${cluster}`] }));
  const answers = await Promise.all(engines.map(ask => ask(`/containers/json?all=1&filters=${filters}`)));
  return answers.flatMap(answer => JSON.parse(answer.toString()) as Listed[]);
}

async function listServers(cluster: string, engines?: readonly AskEngine[]): Promise<Listed[]> {
  const containers = await listContainers(cluster, engines);
  return containers.filter(({ Labels }) => ['data-server', 'app-server'].includes(Labels[LABELS.role] ?? ''));
}

/** True when the data server and just so many application servers are there and Docker calls all of them healthy. */
export async function areAllNormal(
  cluster: string,
  appServers: number,
  engines?: readonly AskEngine[],
): Promise<boolean> {
  const servers = await listServers(cluster, engines);
  return servers.length === appServers + 1 && servers.every(({ Status }) => Status.includes('(healthy)'));
}

/** True when no container of the cluster is left. */
export async function isGone(cluster: string, engines?: readonly AskEngine[]): Promise<boolean> {
  return (await listContainers(cluster, engines)).length === 0;
}

/** Answers true when every server has another certificate in use than when this was made. */
export async function watchCertificates(cluster: string): Promise<() => Promise<boolean>> {
  const servers = await mapConcurrently(QUESTIONS_AT_ONCE, await listServers(cluster), async ({ Id: id }) => {
    const { State } = JSON.parse((await askDocker(`/containers/${id}/json`)).toString()) as {
      readonly State: { readonly Pid: number };
    };
    const server = { id, pid: State.Pid };
    return { ...server, before: await serialInUse(server) };
  });
  let waiting = servers;
  return async () => {
    const serials = await mapConcurrently(QUESTIONS_AT_ONCE, waiting, serialInUse);
    waiting = waiting.filter(({ before }, index) => [undefined, before].includes(serials[index]));
    return waiting.length === 0;
  };
}

const QUESTIONS_AT_ONCE = 8;

/**
 * Serial number of the certificate that a server has in use, as its `status` tells it. Root reads it where `ecp-node status` does, without
 * a process in the container: fifty of those would take longer than a rotation.
 */
async function serialInUse({ id, pid }: { readonly id: string; readonly pid: number }): Promise<string | undefined> {
  try {
    const notes = readFileSync(`/proc/${pid}/root/run/ecp/certificate`, 'utf8');
    return /^serial=(.+)$/m.exec(notes)?.[1];
  } catch {
    const status = await execute(id, ['ecp-node', 'status']);
    return /"serial": ?"([^"]+)"/.exec(status)?.[1];
  }
}

/** What a command in a container prints. */
async function execute(container: string, command: readonly string[]): Promise<string> {
  const created = await askDocker(`/containers/${container}/exec`, { AttachStdout: true, Cmd: command, Tty: true });
  const { Id: id } = JSON.parse(created.toString()) as { readonly Id: string };
  return (await askDocker(`/exec/${id}/start`, { Detach: false, Tty: true })).toString();
}
