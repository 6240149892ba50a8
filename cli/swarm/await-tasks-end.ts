import { setTimeout } from 'node:timers/promises';
import { containersOf } from '../access/found-containers';
import { silentInWords } from '../access/silent-nodes';
import { SWARM_SERVICE } from '../access/swarm-label';
import { UserError } from '../terminal';

/** Longer than a task has to stop. */
const END_SEC = 180;

/**
 * A removed service is gone before its tasks are: a new data server would meet the old one on its volume. On a node that does not answer
 * they may go on.
 *
 * @param services Ids of the removed services; with none it waits for the nodes alone.
 * @throws UserError when it is not seen that all have ended.
 */
export async function awaitTasksEnd(cluster: string, services: ReadonlySet<string>): Promise<void> {
  const end = Date.now() + END_SEC * 1000;
  for (;;) {
    const { containers, silent } = await containersOf(cluster);
    const running = containers.filter(
      ({ State, Config }) => State.Running && services.has(Config.Labels[SWARM_SERVICE] ?? ''),
    );
    if (running.length + silent.length === 0) return;
    if (Date.now() > end && running.length > 0)
      throw new UserError(
        `${running.map(({ Name }) => Name.slice(1)).join(', ')} still run ${END_SEC} s after their services, which the state does not know, were removed: docker rm --force them, then run the same command again`,
      );
    if (Date.now() > end)
      throw new UserError(
        `${silentInWords(silent)}, and servers whose services the state does not know may run there: bring it back, or take it out of ECP_NODES when none can run there any more, then run the same command again`,
      );
    await setTimeout(500);
  }
}
