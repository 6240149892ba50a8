import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { synthesize } from '../../../app/synthesize';
import { steps } from './context';
import { expectUntouched, serversReplacedIn, serversRestarted } from './expectations';
import { LiveCluster } from './live-cluster';
import { applyPlan, plan, prepare } from './plan';
import { releases, stackOfRelease, UPGRADE_CLUSTER } from './release-fixture';

const { name, slot } = UPGRADE_CLUSTER;

/** Releases after which something changed that replaces servers: what it was is in docs/change-impact.md. */
const REPLACING = ['0.1.0', '0.2.0'];

const SERVERS = ['app-server-1', 'app-server-2', 'data-server'];

/** Clusters of earlier releases, to be removed whatever becomes of the test. */
export const oldClusters: LiveCluster[] = [];

/** A state of each earlier release is taken over by the present code. */
export const upgrades = (): void =>
  describe('upgrade', () => {
    for (const release of releases()) {
      const replaces = REPLACING.includes(release);
      // CI has time for the last one.
      const step = release === releases().at(-1) ? steps.step : steps.stepOnDemand;
      step(`a cluster of release ${release} is taken over, servers replaced: ${replaces}, data kept`, async () => {
        const old = new LiveCluster(name, slot, { appServers: { 'app-server-1': {}, 'app-server-2': {} } });
        oldClusters.push(old);
        // Made by Terraform alone from what the release synthesized; today's stack brings the folder and the images.
        const file = join(old.cluster.stackDirectory, 'cdk.tf.json');
        synthesize({ ...process.env, ...old.cluster.environment });
        const today = readFileSync(file, 'utf8');
        writeFileSync(file, stackOfRelease(release, today));
        await prepare(old.cluster);
        await plan(old.cluster);
        await applyPlan(old.cluster);

        writeFileSync(file, today);
        await prepare(old.cluster);
        const dataSince = await old.dataSince();
        const outcome = await old.apply();
        if (replaces) {
          expect(serversReplacedIn(outcome.changes)).toEqual(SERVERS);
          expect(serversRestarted(outcome).sort()).toEqual(SERVERS);
        } else {
          expectUntouched(outcome);
        }
        expect(await old.dataSince()).toBe(dataSince);
        await old.remove();
      });
    }
  });
