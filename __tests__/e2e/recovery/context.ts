import { DeclaredFaults } from '../support/declared-faults';
import { docker, sleep } from '../support/faults';
import { Figures } from '../support/figures';
import type { Oracle } from '../support/oracle';
import { RecoveryBed } from '../support/recovery-bed';
import { repetitions } from '../support/repetitions';
import { testCluster } from '../support/test-cluster';

export const APP_SEC = 15;
export const DATA_SEC = 30;
export const TROUBLE_SEC = 5;
/** Even, since two application servers share them. */
export const REPETITIONS = repetitions(2);
export const NO_LOSS = '0 lost';
export const cluster = testCluster('ecp-recovery', 2);
export const daemonCluster = testCluster('ecp-recovery', 12);
export const bed = new RecoveryBed(cluster);
export const figures = new Figures();
export const DATA = bed.container('data-server');
export const APPS = ['app-server-1', 'app-server-2'];
export const faults = new DeclaredFaults(bed, figures);
export const { fault, faultOnDemand } = faults;

/** Injects a fault and measures until all is well again. */
export async function measure(oracle: Oracle, within: number, inject: () => Promise<unknown>, servers = bed.servers) {
  const start = Date.now();
  await inject();
  return bed.recovered(oracle, start, within, servers);
}

/**
 * Polls an application server while the data server is out of reach: Trouble in time, and never Normal after that. When that was is in
 * its log, since a look takes as long as the machine lets it.
 */
export async function watchTrouble(server: string, seconds: number): Promise<number> {
  const start = Date.now();
  let seen = false;
  while (Date.now() - start < seconds * 1000) {
    const asked = (Date.now() - start) / 1000;
    const { state } = await bed.status(server);
    if (state !== 'Normal') seen = true;
    else if (asked > TROUBLE_SEC) throw new Error(`${server} says Normal ${asked} s after the data server went away`);
    await sleep(seen ? 0.8 : 0.1);
  }
  return seen ? (await loggedTrouble(server, start)) - start / 1000 : Infinity;
}

/** When an application server first logged another state than Normal, in seconds since 1970. */
async function loggedTrouble(server: string, since: number): Promise<number> {
  const log = await docker(['logs', '--timestamps', '--since', new Date(since).toISOString(), bed.container(server)]);
  const line = log.split('\n').find(each => /ecp-node\[[^\]]+\]: Trouble/.test(each));
  if (!line) throw new Error(`${server} has not logged its trouble: ${log}`);
  return Date.parse(line.split(' ', 1)[0]!) / 1000;
}

export const watchAll = async (seconds: number) =>
  Math.max(...(await Promise.all(APPS.map(app => watchTrouble(app, seconds)))));
