import { DeclaredFaults } from '../support/declared-faults';
import { Figures } from '../support/figures';
import { RecoveryBed } from '../support/recovery-bed';
import { testCluster } from '../support/test-cluster';

export const NORMAL_SEC = 30;
/** The data server looks at its disk every 20 s. */
export const NO_INODES_SEC = 40;
export const PROMISE = `back within ${NORMAL_SEC} s`;
export const cluster = testCluster('ecp-durable', 65);
export const bed = new RecoveryBed(cluster);
export const figures = new Figures();
export const APPS = ['app-server-1', 'app-server-2'];
export const DATA = bed.container('data-server');
export const faults = new DeclaredFaults(bed, figures);
export const { fault, faultOnDemand } = faults;

/** Shell words for a command in the data server that works on the database as the server does. */
export const ENGINE = '. /opt/ecp/lib/common.sh; set -a; . /run/ecp/config.env; set +a';
