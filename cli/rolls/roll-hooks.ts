import { startContainer, stopContainer } from '../access/container';
import { hasStopped } from '../access/paused';
import { findServers } from '../access/servers';
import { reportCluster } from '../cluster-report';
import { primaryOf } from '../mirror';
import { ROLL_JOIN_SEC, switchOver } from '../switch-over';
import { step, UserError } from '../terminal';
import type { Upgrade } from './upgrade';

/** What goes on around each step of a roll. */
export interface RollHook {
  /** Before a server is replaced; an error ends the roll with the server as it was. */
  readonly before?: (server: string) => Promise<void>;
  /** After it, however the step ended. */
  readonly after?: (server: string) => Promise<void>;
}

/** Makes the other member of a mirror the primary before the primary's container goes. */
export function switchOverBefore(cluster: string): RollHook {
  return {
    before: async name => {
      const { servers } = await reportCluster(cluster);
      const primary = primaryOf(servers);
      // A primary that does not serve interrupts nobody, and hands nothing over.
      if (primary?.server.name !== name || primary.state !== 'Normal') return;
      await step(`Switch over from ${name}`, progress => switchOver(cluster, progress, { waitSec: ROLL_JOIN_SEC }));
    },
  };
}

/**
 * Ends a data server of IRIS before its container goes, as long as the old version can still be started: a newer one refuses data that
 * were not left in order.
 */
export function stopCleanly(cluster: string, upgrades: readonly Upgrade[]): RollHook {
  return {
    before: async name => {
      const upgrade = upgrades.find(({ server }) => server.name === name);
      if (!upgrade?.changesIris || upgrade.server.role !== 'data-server') return;
      const { facts } = upgrade.server;
      if (!facts.State.Running) return;
      await stopContainer(facts);
      const ended = (await findServers(cluster)).find(each => each.name === name);
      if (!ended || hasStopped(ended.facts.State)) return;
      await startContainer(facts);
      throw new UserError(
        `'${name}' must end cleanly before another version of InterSystems IRIS takes over its data, and it ended with code ${ended.facts.State.ExitCode}: it was started again with the old version; a longer 'stopTimeoutSec' may help`,
      );
    },
  };
}
