import { BadLink } from '../support/bad-link';
import { docker, inside, partition, pause, sleep } from '../support/faults';
import { spread } from '../support/figures';
import type { Oracle } from '../support/oracle';
import { repetitions } from '../support/repetitions';
import {
  APPS,
  APP_SEC,
  DATA,
  DATA_SEC,
  TROUBLE_SEC,
  bed,
  cluster,
  fault,
  faultOnDemand,
  figures,
  watchAll,
  watchTrouble,
} from './context';

/** What a session answers when a sync got no answer in time. */
const SYNC_DEADLINE = '<NETWORK> sync: no answer from the data server';

const HEALTH_SEC = 15;

/** A data server that does not answer, networks that lose what is sent. */
export const silence = (): void =>
  describe('silence', () => {
    // The long one takes as long as three others: on demand.
    for (const seconds of repetitions(1) > 1 ? [10, 90] : [10]) {
      fault(`a pause of the data server for ${seconds} s`, async () => {
        let [trouble, time] = [0, 0];
        const oracle = await bed.underLoad(
          `pause ${seconds}`,
          async oracle => {
            await pause(DATA, async () => void (trouble = await watchAll(seconds)));
            time = await bed.recovered(oracle, Date.now(), APP_SEC);
            // A sync under way when the pause begins may miss its 10 s deadline; then nothing is acknowledged, and the session goes on.
            expect(oracle.failures.filter(failure => !failure.endsWith(SYNC_DEADLINE))).toEqual([]);
          },
          { sync: true, patienceSec: seconds + 30 },
        );
        expect(trouble).toBeLessThan(TROUBLE_SEC);
        const promise = `Trouble within ${TROUBLE_SEC} s; a sync may miss its 10 s deadline; back within ${APP_SEC} s`;
        figures.add(
          `data server paused for ${seconds} s`,
          promise,
          `Trouble after ${trouble.toFixed(1)} s; ${oracle.failures.length} deadlines missed, 0 lost of ${await bed.intact(oracle)}; ${time.toFixed(1)} s`,
        );
      });
    }

    fault('a pause of the data server for a moment', async () => {
      const times: number[] = [];
      for (let i = 0; i < repetitions(3); i++) {
        await pause(DATA, () => sleep(0.5 + i / 2));
        times.push(
          await bed.until(`Docker calls ${DATA} healthy`, HEALTH_SEC, async () => {
            const health = await docker(['inspect', '--format', '{{.State.Health.Status}}', DATA]);
            return health === 'healthy';
          }),
        );
      }
      figures.add('data server paused for a moment', `healthy for Docker within ${HEALTH_SEC} s`, spread(times));
    });

    fault('a pause with diagnoses that come late', async () => {
      let trouble = 0;
      const late = 'for i in {1..7}; do echo "diagnosis Trouble | late" >/run/ecp/events; sleep 1; done';
      const oracle = await bed.underLoad('late diagnosis', async oracle => {
        await pause(DATA, async () => {
          const writing = APPS.map(app => inside(bed.container(app), late));
          trouble = await watchAll(7);
          await Promise.all(writing);
        });
        await bed.recovered(oracle, Date.now(), APP_SEC);
      });
      expect(trouble).toBeLessThan(TROUBLE_SEC);
      const figure = `Trouble after ${trouble.toFixed(1)} s; 0 lost of ${await bed.intact(oracle)}`;
      figures.add(
        'data server paused, with diagnoses of an earlier fault coming late',
        `Trouble within ${TROUBLE_SEC} s`,
        figure,
      );
    });

    fault('network disconnect and reconnect of the data server', async () => {
      let [trouble, time] = [0, 0];
      const cut = async (oracle: Oracle) => {
        await partition(cluster.name, DATA, async () => void (trouble = await watchAll(12)));
        time = await bed.recovered(oracle, Date.now(), DATA_SEC);
      };
      const oracle = await bed.underLoad('partition of the data server', cut, { sync: true, patienceSec: 3 });
      expect(trouble).toBeLessThan(TROUBLE_SEC);
      const promise = `Trouble within ${TROUBLE_SEC} s; back within ${DATA_SEC} s`;
      figures.add(
        'data server off the network for 12 s',
        promise,
        `Trouble after ${trouble.toFixed(1)} s; 0 lost of ${await bed.intact(oracle)}; ${time.toFixed(1)} s`,
      );
    });

    fault('network disconnect and reconnect of an application server', async () => {
      let [trouble, time, slowest] = [0, 0, 0];
      const cut = async (oracle: Oracle) => {
        await partition(
          cluster.name,
          bed.container(APPS[0]!),
          async () => void (trouble = await watchTrouble(APPS[0]!, 8)),
        );
        slowest = oracle.writers[1]!.slowestMs;
        expect(oracle.writers[1]!.failures).toEqual([]);
        time = await bed.recovered(oracle, Date.now(), APP_SEC);
      };
      const oracle = await bed.underLoad('partition of an application server', cut, { sync: true, patienceSec: 3 });
      expect(trouble).toBeLessThan(TROUBLE_SEC);
      const promise = `Trouble within ${TROUBLE_SEC} s; the other one never fails; back within ${APP_SEC} s`;
      const figure = `Trouble after ${trouble.toFixed(1)} s; slowest batch of the other ${slowest} ms; 0 lost of ${await bed.intact(oracle)}; ${time.toFixed(1)} s`;
      figures.add('one application server off the network for 8 s', promise, figure);
    });

    faultOnDemand('10 % packet loss and 200 ms round trip', async () => {
      const reason = await BadLink.reasonAgainst(DATA);
      if (reason) return figures.leaveOut('10 % packet loss, 200 ms round trip', reason);
      const link = new BadLink();
      let [written, time] = [0, 0];
      const seen: string[] = [];
      const poor = async (oracle: Oracle) => {
        await link.start(
          cluster.name,
          DATA,
          APPS.map(app => bed.container(app)),
        );
        try {
          await bed.recovered(oracle, Date.now(), 60, []);
          const before = oracle.total;
          for (let i = 0; i < 30; i++) {
            seen.push(...(await Promise.all(APPS.map(app => bed.status(app)))).map(({ state }) => state));
            await sleep(0.7);
          }
          written = oracle.total - before;
          expect(link.connections).toBeGreaterThan(2);
        } finally {
          await link.end();
        }
        time = await bed.recovered(oracle, Date.now(), DATA_SEC);
      };
      const oracle = await bed.underLoad('bad link', poor, { sync: true, patienceSec: 40 });
      expect(written).toBeGreaterThan(0);
      const normal = Math.round((100 * seen.filter(state => state === 'Normal').length) / seen.length);
      figures.add(
        '10 % packet loss each way, 200 ms round trip, for 30 s',
        `writes go on; back within ${DATA_SEC} s after it`,
        `${written} writes acknowledged meanwhile, Normal in ${normal} % of the answers; 0 lost of ${await bed.intact(oracle)}; ${time.toFixed(1)} s`,
      );
    });
  });
