// ecp-test: calm
/**
 * A live cluster under faults. An oracle of acknowledged writes (a write followed by a returned `sync`) runs on all application servers
 * through each fault; afterwards every acknowledged write is there once, every server is Normal and the plan is empty. Prints the promises
 * with the figures of this run; RELIABILITY_WRITE=1 puts them into docs/reliability.md.
 */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bed, cluster, daemonCluster, fault, faults, figures } from './recovery/context';
import { daemonRestart } from './recovery/daemon-restart';
import { damage } from './recovery/damage';
import { diskFull } from './recovery/disk-full';
import { kills } from './recovery/kills';
import { limits } from './recovery/limits';
import { silence } from './recovery/silence';
import { stoppedParts } from './recovery/stopped-parts';

jest.setTimeout(400_000);

beforeAll(async () => {
  await bed.up();
  // With this state the second daemon's cluster takes the same images and certificates.
  cpSync(join(cluster.folder, 'state'), join(daemonCluster.folder, 'state'), { recursive: true });
});

afterAll(async () => {
  if (!faults.failed) figures.writeDocument();
  await bed.remove();
  rmSync(daemonCluster.folder, { recursive: true, force: true });
});

kills();
silence();
stoppedParts();
limits();
damage();

fault('everything ever acknowledged is still there', async () => {
  figures.add(
    'all of the above',
    'every acknowledged write is there once',
    `${await bed.intactFromTheBeginning()} of them are`,
  );
});

diskFull();
daemonRestart();
