import { tryDocker } from '../support/faults';
import { APP_SEC, DATA_SEC, bed, fault, figures, measure } from './context';

/** Memory limits that are hit. */
export const limits = (): void =>
  describe('memory', () => {
    for (const server of ['app-server-1', 'data-server']) {
      fault(`the memory limit of the ${server.replace(/-\d/, '')} hit`, async () => {
        const within = server === 'data-server' ? DATA_SEC : APP_SEC;
        const times: number[] = [];
        const oracle = await bed.underLoad(`memory of ${server}`, async oracle => {
          const container = bed.container(server);
          // One that outgrows all others is the one that the kernel ends; many small ones are not, and parts of the server go.
          const big = await tryDocker(['exec', container, 'bash', '-c', 'head -c 2000m /dev/zero | tail']);
          expect(big.code).toBe(137);
          times.push(await bed.recovered(oracle, Date.now(), within));
          const swarm = 'for i in {1..100}; do { x=$(head -c 3m /dev/zero | tr "\\0" x); sleep 6; } & done; wait';
          times.push(
            await measure(oracle, within + 10, () =>
              tryDocker(['exec', container, 'bash', '-c', `timeout 8 bash -c '${swarm}'`]),
            ),
          );
        });
        const promise = `back within ${within} s`;
        figures.add(
          `${server}: memory limit hit by one big process, then by 100 small ones for 8 s`,
          promise,
          `0 lost of ${await bed.intact(oracle)}; ${times.map(time => `${time.toFixed(1)} s`).join(', then ')}`,
        );
      });
    }
  });
