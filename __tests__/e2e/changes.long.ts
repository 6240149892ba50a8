/**
 * What a change of a running cluster reaches: each change is planned and applied by Terraform while clients write through every
 * application server. CHANGES_WRITE=1 puts the measured table into docs/change-impact.md; without it the table there must say the same, but
 * for seconds.
 */
import { run } from '../../cli/process';
import { changes, OTHER_IMAGE } from './changes/changes';
import { live, steps, table } from './changes/context';
import { refactoring } from './changes/moved';
import { promises } from './changes/promises';
import { oldClusters, upgrades } from './changes/upgrade';

jest.setTimeout(400_000);

let dataSince: string;

beforeAll(async () => {
  await live.up();
  dataSince = await live.dataSince();
});

afterAll(async () => {
  const clusters = [live, ...oldClusters];
  if (steps.failed) for (const cluster of clusters) await cluster.printLogs();
  for (const cluster of clusters) await cluster.remove();
  await run('docker', ['image', 'rm', OTHER_IMAGE]);
});

changes();
promises(() => dataSince);
refactoring();
upgrades();

it('docs/change-impact.md says what was measured', () => table.settle());
