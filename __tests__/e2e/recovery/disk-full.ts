import { docker, inside, tryDocker } from '../support/faults';
import { ecpOk } from '../support/test-cluster';
import { DATA, bed, cluster, fault, figures, measure } from './context';

const VOLUME = `${cluster.name}-data`;
const HOLDER = `${cluster.name}-holder`;

/** The disk of the data volume full. Makes the cluster anew, on a volume of limited size. */
export const diskFull = (): void =>
  describe('disk', () => {
    afterAll(() => tryDocker(['rm', '-f', HOLDER]));

    fault('a full disk fails writes, keeps what was acknowledged, and heals', async () => {
      const image = await docker(['inspect', '-f', '{{.Image}}', DATA]);
      await ecpOk(cluster, ['down', '--volumes', '--yes']);
      const size = ['--opt', 'type=tmpfs', '--opt', 'device=tmpfs', '--opt', 'o=size=48m,uid=51773,mode=0700'];
      await docker(['volume', 'create', '--driver', 'local', ...size, VOLUME]);
      // Holds the volume while the data server restarts: a tmpfs is gone with the last container that uses it.
      await docker([
        'run',
        '-d',
        '--name',
        HOLDER,
        '-v',
        `${VOLUME}:/held`,
        '--network',
        'none',
        '--entrypoint',
        'sleep',
        image,
        'infinity',
      ]);
      await bed.up();
      let [trouble, time] = [0, 0];
      const oracle = await bed.underLoad('full disk', async oracle => {
        await tryDocker(['exec', DATA, 'bash', '-c', 'cat /dev/zero >/durable/ballast']);
        trouble = await bed.until('Trouble', 40, async () => (await bed.status('data-server')).state === 'Trouble');
        await bed.until('writes fail', 60, () => oracle.failures.length > 0);
        expect((await tryDocker(['exec', DATA, 'ecp-node', 'get', oracle.writers[0]!.record(1)[0]])).stdout).toContain(
          oracle.nonce,
        );
        time = await measure(oracle, 60, () => inside(DATA, 'rm /durable/ballast'));
      });
      figures.add(
        'disk of the data volume full',
        `Trouble within 30 s; writes fail, reads go on; back within 60 s after there is room`,
        `Trouble after ${trouble.toFixed(1)} s; 0 lost of ${await bed.intact(oracle)}; ${time.toFixed(1)} s`,
      );
    });
  });
