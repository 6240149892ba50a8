// ecp-test: calm
/**
 * What a data server's database goes through beside the faults of the recovery suite: a full disk at its edge, stops under local commands,
 * kills at each step of the renewal of its copy and inside its critical section. `--repeat 20` as often as docs/reliability.md was measured.
 */
import { bed, faults, figures } from './durability/context';
import { crashBeforeSync } from './durability/crash-before-sync';
import { diskEdge } from './durability/disk-edge';
import { killedJob } from './durability/killed-job';
import { localClients } from './durability/local-clients';
import { renewedCopy } from './durability/renewed-copy';
import { IS_ON_DEMAND } from './support/repetitions';

jest.setTimeout(1_800_000);

beforeAll(() => bed.up());

afterAll(async () => {
  if (!faults.failed) figures.writeDocument();
  await bed.remove();
});

crashBeforeSync();
localClients();
if (IS_ON_DEMAND) killedJob();
renewedCopy();
diskEdge();
