import { docker, killAndStart, killInside, killMainProcess, sleep } from '../support/faults';
import { spread } from '../support/figures';
import { APPS, APP_SEC, DATA, DATA_SEC, NO_LOSS, REPETITIONS, bed, fault, figures, measure } from './context';

/** Processes that end at once, whole servers and their parts. */
export const kills = (): void =>
  describe('kills', () => {
    fault('the oracle finds a loss: writes without a sync do not all survive kill -9', async () => {
      let lost = 0;
      for (let tries = 0; tries < 5 && lost === 0; tries++) {
        const oracle = await bed.underLoad(`control ${tries}`, () => killMainProcess(DATA), { sync: false });
        await bed.until(
          'the data server is Normal',
          DATA_SEC,
          async () => (await bed.status('data-server')).state === 'Normal',
        );
        lost = (await bed.findings(oracle)).lost.length;
        bed.forget(oracle);
      }
      expect(lost).toBeGreaterThan(0);
      figures.add(
        'control: `kill -9` of the data server, writes without `sync`',
        'none',
        `${lost} of the last writes lost`,
      );
    });

    fault(`the data server killed ${REPETITIONS} times on the host, by docker, and in its listener`, async () => {
      const times = { docker: [] as number[], listener: [] as number[], host: [] as number[] };
      const oracle = await bed.underLoad('data server kills', async oracle => {
        for (let i = 0; i < REPETITIONS; i++) {
          // docker start first: it sets back the growing delay with which Docker restarts a container again and again.
          times.docker.push(await measure(oracle, DATA_SEC, () => killAndStart(DATA)));
          times.listener.push(await measure(oracle, DATA_SEC, () => killInside(DATA, 'gtcm_gnp_server')));
          times.host.push(await measure(oracle, DATA_SEC, () => killMainProcess(DATA)));
        }
      });
      const all = `back within ${DATA_SEC} s`;
      const found = `0 lost of ${await bed.intact(oracle)} in all three`;
      figures.add(
        `data server, main process: \`kill -9\` on the host, ${REPETITIONS} times`,
        all,
        `${found}; ${spread(times.host)}`,
      );
      figures.add(
        `data server: \`docker kill\`, \`docker start\`, ${REPETITIONS} times`,
        all,
        `${found}; ${spread(times.docker)}`,
      );
      figures.add(
        `data server, listener (GT.CM): \`kill -9\`, ${REPETITIONS} times`,
        all,
        `${found}; ${spread(times.listener)}`,
      );
    });

    fault('the data server killed again while it starts', async () => {
      let time = 0;
      const oracle = await bed.underLoad('killed in its start', async oracle => {
        time = await measure(oracle, 60, async () => {
          for (let i = 0; i < 10; i++) {
            await killAndStart(DATA);
            await sleep(i * 0.1);
          }
        });
      });
      figures.add(
        'data server killed 10 times during its start',
        NO_LOSS,
        `0 lost of ${await bed.intact(oracle)}; ${time.toFixed(1)} s in all`,
      );
    });

    fault(`application servers killed ${REPETITIONS} times on the host and by docker`, async () => {
      const times = { docker: [] as number[], host: [] as number[] };
      const oracle = await bed.underLoad('application server kills', async oracle => {
        await Promise.all(
          APPS.map(async app => {
            for (let i = 0; i < REPETITIONS / APPS.length; i++) {
              const container = bed.container(app);
              times.docker.push(await measure(oracle, APP_SEC, () => killAndStart(container), [app]));
              times.host.push(await measure(oracle, APP_SEC, () => killMainProcess(container), [app]));
            }
          }),
        );
      });
      const all = `back within ${APP_SEC} s`;
      const found = `0 lost of ${await bed.intact(oracle)} in both`;
      figures.add(
        `application server, main process: \`kill -9\` on the host, ${REPETITIONS} times`,
        all,
        `${found}; ${spread(times.host)}`,
      );
      figures.add(
        `application server: \`docker kill\`, \`docker start\`, ${REPETITIONS} times`,
        all,
        `${found}; ${spread(times.docker)}`,
      );
    });

    fault(`the TLS process killed ${REPETITIONS} times`, async () => {
      const times: number[] = [];
      const oracle = await bed.underLoad('TLS process kills', async oracle => {
        for (let i = 0; i < REPETITIONS; i++) {
          const server = bed.servers[i % bed.servers.length]!;
          times.push(await measure(oracle, APP_SEC, () => killInside(bed.container(server), 'haproxy')));
        }
      });
      const lost = `0 lost of ${await bed.intact(oracle)}; ${spread(times)}`;
      figures.add(
        `TLS process (HAProxy) of each server in turn: \`kill -9\`, ${REPETITIONS} times`,
        `back within ${APP_SEC} s`,
        lost,
      );
    });

    fault('docker restart of each server', async () => {
      const times: number[] = [];
      const oracle = await bed.underLoad('restarts', async oracle => {
        for (const server of bed.servers)
          times.push(await measure(oracle, DATA_SEC, () => docker(['restart', bed.container(server)])));
      });
      figures.add(
        '`docker restart` of each server',
        `back within ${DATA_SEC} s`,
        `0 lost of ${await bed.intact(oracle)}; ${spread(times)}`,
      );
    });
  });
