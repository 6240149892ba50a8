// ecp-test: calm
/**
 * A live mirror under faults, with writers on four application servers and on both members. After each fault every acknowledged write (one
 * that a returned `sync` followed) is on the primary, and the members' own clients were acknowledged by one member after the other.
 * `--repeat 5` makes all faults, five times each, and 20 switch-overs, as docs/mirror.md was measured.
 */
import { tryDocker } from './support/faults';
import { ecpOk, removeCluster } from './support/test-cluster';
import { removeSecrets } from './backup/context';
import { absences } from './mirror/absences';
import { backups } from './mirror/backups';
import { changes } from './mirror/changes';
import { REPEAT, VOLUMES, WHOLE_SEC, bed, cluster } from './mirror/context';
import { failovers } from './mirror/failovers';
import { smallDisks } from './mirror/small-disks';

jest.setTimeout(180_000 + 120_000 * REPEAT);

const disks = smallDisks();

beforeAll(async () => {
  await disks.make();
  await ecpOk(cluster, ['up', '--yes']);
  await bed.whole(WHOLE_SEC);
});

afterAll(async () => {
  await removeCluster(cluster);
  await tryDocker(['volume', 'rm', '--force', VOLUMES[1], 'ecp-mirror-repository', 'ecp-mirror-backup']);
  removeSecrets();
  await disks.remove();
});

failovers();
absences();
backups();
changes();
