import { LABELS, SERVER_ROLES } from '../../contract/contract';
import type { ContainerFacts } from '../access/docker';
import type { ServerReport } from '../access/server-report';
import { findContainers } from '../access/servers';
import { readStack } from '../terraform/stack-file';

/** Times that a container may end and be started again by Docker while somebody waits for it. */
const TOLERATED_RESTARTS = 2;

/**
 * Tells when waiting for servers has become pointless: each one that is still waited for has been `Failed` for the same reason, or out of
 * order in Docker's eyes, without a break. `Not Connected`, `In Progress`, `Trouble` and `Recovery` may heal by waiting, and so does a
 * certificate that is not valid yet.
 */
export class StartWatch {
  private readonly failures = new Map<string, { readonly reason: string; readonly at: number }>();
  private readonly restarts = new Map<string, number>();

  /** @param patienceSec Seconds that a server may be failed for the same reason. */
  public constructor(private readonly patienceSec: number) {}

  /** Takes down what is wrong with a server now. @returns true when that has been so for too long */
  public note(server: string, failure: string | undefined, now = Date.now()): boolean {
    if (failure === undefined || failure.includes('not yet valid')) {
      this.failures.delete(server);
      return false;
    }
    const before = this.failures.get(server);
    const since = before?.reason === failure ? before.at : now;
    this.failures.set(server, { reason: failure, at: since });
    return now - since >= 1000 * this.patienceSec;
  }

  /** As `note`, from what Docker knows of the container: its last health check, and how often it was started again. */
  public noteContainer(container: ContainerFacts, now = Date.now()): boolean {
    const first = this.restarts.get(container.Id) ?? container.RestartCount;
    this.restarts.set(container.Id, first);
    const isHealthy = container.State.Health?.Status === 'healthy';
    // By its restart policy Docker may leave a container ended, at once or after so many times.
    if (container.State.Status === 'exited' || container.State.Status === 'dead')
      return this.note(container.Name, `ended with code ${container.State.ExitCode}`, now);
    if (!isHealthy && container.RestartCount - first > TOLERATED_RESTARTS) return true;
    return this.note(container.Name, isHealthy ? undefined : failureIn(container), now);
  }
}

/** States that no waiting ends. A probe that fails prints `STATE: REASON` (docs/container-contract.md). */
function failureIn({ State: { Health: health } }: ContainerFacts): string | undefined {
  const said = health?.Log?.at(-1)?.Output.trim();
  return said?.startsWith('Failed: ') || said?.startsWith('Disabled: ') ? said : undefined;
}

/** Looks at the servers that Terraform waits for. @returns a question for `apply`: is it pointless to wait for what is under way? */
export function watchStarts(
  stackDirectory: string,
  cluster: string,
  patienceSec: number,
): (underWay: readonly string[]) => Promise<boolean> {
  const watch = new StartWatch(patienceSec);
  const names = serverContainers(stackDirectory);
  return async underWay => {
    const awaited = underWay.flatMap(address => names.get(address) ?? []);
    if (awaited.length === 0) return false;
    const containers = await findContainers(cluster);
    const failed = containers
      .filter(({ Name: name }) => awaited.includes(name))
      .filter(each => watch.noteContainer(each));
    // What else is under way may end well, and an interrupt would spoil it.
    return failed.length === underWay.length;
  };
}

/** States that Docker gives to a container which nobody but a person starts again. */
const OUT_OF_ORDER = ['Failed', 'Disabled', 'exited', 'dead', 'created', 'paused'];

/** The same question for `awaitNormal`, where each server was asked itself. */
export function watchReports(patienceSec: number): (waiting: readonly ServerReport[]) => boolean {
  const watch = new StartWatch(patienceSec);
  return waiting => {
    const failed = waiting.filter(({ server, state, reason }) =>
      watch.note(server.name, OUT_OF_ORDER.includes(state) ? `${state}: ${reason}` : undefined),
    );
    return failed.length === waiting.length;
  };
}

/** Addresses of the servers' containers, with the names that Docker gives them. */
function serverContainers(stackDirectory: string): Map<string, string> {
  const containers = Object.entries(readStack(stackDirectory).resource.docker_container ?? {});
  const servers = containers.filter(([, { labels }]) =>
    labels?.some(({ label, value }) => label === LABELS.role && (SERVER_ROLES as readonly string[]).includes(value)),
  );
  return new Map(servers.map(([id, { name }]) => [`docker_container.${id}`, `/${name}`]));
}
