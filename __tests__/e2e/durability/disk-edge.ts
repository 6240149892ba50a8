import { docker, inside, killAndStart, tryDocker } from '../support/faults';
import { spread } from '../support/figures';
import { LoopDisk } from '../support/loop-disk';
import { Oracle } from '../support/oracle';
import { repetitions } from '../support/repetitions';
import { ecpOk } from '../support/test-cluster';
import { APPS, bed, cluster, DATA, fault, faultOnDemand, figures, NO_INODES_SEC, NORMAL_SEC } from './context';

const VOLUME = `${cluster.name}-data`;
const HOLDER = `${cluster.name}-holder`;
const MIB = 1024 * 1024;

/** Sizes of the volume and of what is left free when the writes begin, the same for the same seed. */
function trial(seed: number): { readonly sizeMib: number; readonly freeKib: number } {
  let state = seed >>> 0;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  next();
  return { sizeMib: 40 + Math.floor(next() * 56), freeKib: 4 + Math.floor(next() * 496) };
}

/** The data volume filled to its edge, writes until a sync fails, a kill, and room again. */
export const diskEdge = (): void =>
  describe('the edge of the disk', () => {
    let image: string;
    const disk = new LoopDisk(cluster.name);

    beforeAll(async () => void (image = await docker(['inspect', '-f', '{{.Image}}', DATA])));
    afterAll(async () => {
      await clear();
      await disk.remove();
    });

    const clear = async (): Promise<void> => {
      await tryDocker(['rm', '-f', HOLDER]);
      await ecpOk(cluster, ['down', '--volumes', '--yes']);
    };

    /** The cluster anew, on a volume that the options of Docker's local driver describe. */
    const upOn = async (options: readonly string[]): Promise<void> => {
      await clear();
      await docker(['volume', 'create', '--driver', 'local', ...options.flatMap(each => ['--opt', each]), VOLUME]);
      // A tmpfs is gone with the last container that uses it.
      await docker([
        'run',
        '-d',
        '--name',
        HOLDER,
        '-v',
        `${VOLUME}:/held`,
        '--network',
        'none',
        '--user',
        '0',
        '--entrypoint',
        'bash',
        image,
        '-c',
        'chown 51773:51773 /held; exec sleep infinity',
      ]);
      await bed.up();
    };

    const fillAndKill = async (seed: number, freeKib: number, times: number[]): Promise<number> => {
      const oracle = new Oracle(cluster.name, `edge ${seed}`).start(APPS);
      try {
        await bed.until('the first acknowledged writes', 30, () => oracle.writesSince(0));
        await inside(
          DATA,
          `free=$(($(df --output=avail -k /durable | tail -n1) - ${freeKib})); ((free <= 0)) || dd if=/dev/zero of=/durable/ballast bs=1k count="$free" status=none`,
        );
        await bed.until('a sync fails', 90, () => oracle.failures.length > 0);
      } finally {
        await oracle.stop();
      }
      await docker(['kill', DATA]);
      await docker(['exec', HOLDER, 'rm', '-f', '/held/ballast']);
      const again = new Oracle(cluster.name, `edge ${seed} again`).start(APPS);
      try {
        const start = Date.now();
        await docker(['start', DATA]);
        times.push(await bed.recovered(again, start, NORMAL_SEC));
      } finally {
        await again.stop();
      }
      const found = await bed.findings(oracle);
      expect({ seed, lost: found.lost, wrong: found.wrong }).toEqual({ seed, lost: [], wrong: [] });
      return found.acknowledged;
    };

    const trials = async (name: string, options: (sizeMib: number) => Promise<readonly string[]>): Promise<void> => {
      const times: number[] = [];
      let acknowledged = 0;
      const first = Math.floor(Math.random() * 1e6);
      const count = repetitions(1);
      for (let i = 0; i < count; i++) {
        const { sizeMib, freeKib } = trial(first + i);
        process.stderr.write(`  │ seed ${first + i}: ${name}, ${sizeMib} MiB, ${freeKib} KiB left free\n`);
        // A few trials on each volume: to make it anew costs more than a trial.
        if (i % 5 === 0) await upOn(await options(sizeMib));
        acknowledged += await fillAndKill(first + i, freeKib, times);
      }
      figures.add(
        `data volume (${name}) filled to 4 to 500 KiB, writes until a sync fails, killed, started with room again`,
        `back within ${NORMAL_SEC} s`,
        `${count} trials, 0 lost of ${acknowledged}; ${spread(times)}`,
      );
    };

    faultOnDemand('on tmpfs loses nothing that was acknowledged', () =>
      trials('tmpfs', sizeMib =>
        Promise.resolve(['type=tmpfs', 'device=tmpfs', `o=size=${sizeMib}m,uid=51773,mode=0700`]),
      ),
    );

    fault('on ext4 loses nothing that was acknowledged', async () => {
      const reason = await disk.reasonAgainst();
      if (reason) return figures.leaveOut('data volume (ext4) filled to its edge', reason);
      await trials('ext4', async sizeMib => {
        await clear();
        return ['type=ext4', `device=${await disk.make(sizeMib * MIB)}`];
      });
    });

    fault('of inodes shows, keeps what was acknowledged, and heals', async () => {
      const reason = await disk.reasonAgainst();
      if (reason) return figures.leaveOut('data volume without inodes', reason);
      await clear();
      await upOn(['type=ext4', `device=${await disk.make(64 * MIB, ['-N', '64'])}`]);
      let [trouble, healed] = [0, 0];
      const oracle = await bed.underLoad('inodes', async oracle => {
        await inside(
          DATA,
          'mkdir /durable/many; i=0; while : >"/durable/many/$((i++))"; do :; done 2>/dev/null || true',
        );
        trouble = await bed.until('Trouble', NO_INODES_SEC, async () =>
          /inodes/.test((await bed.status('data-server')).reason),
        );
        const start = Date.now();
        await killAndStart(DATA);
        await bed.until('it says why', NORMAL_SEC, async () =>
          /no room, or no inodes/.test((await bed.status('data-server')).reason),
        );
        expect(Date.now() - start).toBeLessThan(NORMAL_SEC * 1000);
        await docker(['exec', HOLDER, 'rm', '-r', '/held/many']);
        healed = await bed.recovered(oracle, Date.now(), 60);
      });
      figures.add(
        'inodes of the data volume used up, and a kill meanwhile',
        `Trouble within ${NO_INODES_SEC} s; back within 60 s after there are some`,
        `Trouble after ${trouble.toFixed(1)} s; 0 lost of ${await bed.intact(oracle)}; ${healed.toFixed(1)} s`,
      );
    });
  });
