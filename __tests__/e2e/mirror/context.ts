import { secretFile } from '../backup/context';
import { Figures } from '../support/figures';
import { MirrorBed, longestGap, type Phase } from '../support/mirror-bed';
import { repetitions } from '../support/repetitions';
import { ecpOk, printLogs, testCluster } from '../support/test-cluster';

export const REPEAT = repetitions(1);
export const AGAIN_SEC = 10;
export const WHOLE_SEC = 60;
export const APP_SERVERS = [1, 2, 3, 4].map(number => `app-server-${number}`);
export const MEMBERS = ['data-server-a', 'data-server-b'] as const;
export const cluster = testCluster('ecp-mirror', 48, {
  ECP_MIRROR: 'true',
  ECP_APP_SERVERS: String(APP_SERVERS.length),
  ECP_BACKUP_REPOSITORY: 'volume:ecp-mirror-repository',
  ECP_BACKUP_PASSWORD_FILE: secretFile('password', 'a password for tests\n'),
  // A minute that never comes.
  ECP_BACKUP_SCHEDULE: '0 0 31 2 *',
});
/** Data volumes of the members. */
export const VOLUMES = [`${cluster.name}-data`, `${cluster.name}-${MEMBERS[1]}.data`] as const;
export const bed = new MirrorBed(cluster, MEMBERS, APP_SERVERS);
export const figures = new Figures();

/** A test that shows the logs of all servers when it fails. */
export function live(name: string, body: () => Promise<void>): void {
  test(name, async () => {
    try {
      await body();
    } catch (error) {
      await printLogs(cluster);
      throw error;
    }
  });
}

/** All that was acknowledged is there, and the member that acknowledges changed so often. @returns how many writes were acknowledged */
export async function requireIntact(phase: Phase, handovers: readonly number[]): Promise<number> {
  const { acknowledged, lost, wrong } = await bed.findings(phase, await bed.whole(WHOLE_SEC));
  expect({ lost: lost.slice(0, 5), wrong: wrong.slice(0, 5) }).toEqual({ lost: [], wrong: [] });
  expect(acknowledged).toBeGreaterThan(20);
  expect(handovers).toContain(bed.handovers(phase));
  return acknowledged;
}

/** No application server saw a write fail. @returns the longest time without an acknowledged one, in seconds */
export async function requireUnfailing(phase: Phase, handovers: number): Promise<number> {
  const clients = bed.clients(phase.oracle);
  expect(clients.flatMap(({ failures }) => failures)).toEqual([]);
  await requireIntact(phase, [handovers]);
  return longestGap(clients);
}

/** `./ecp` with these arguments, which must succeed. @returns what it printed */
export const ecp = (...args: readonly string[]): Promise<string> => ecpOk(cluster, args);

/** Writes a value and has it acknowledged. */
export async function write(reference: string, value: string): Promise<void> {
  await ecpOk(cluster, ['exec', 'app-server-1', 'set', reference], value);
  await ecp('exec', 'app-server-1', 'sync');
}
