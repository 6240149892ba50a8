import { BadLink } from '../support/bad-link';
import { cutOff } from '../support/cut-off';
import { docker, killInside, killMainProcess, partition, pause, sleep } from '../support/faults';
import { spread } from '../support/figures';
import { IS_ON_DEMAND } from '../support/repetitions';
import { ecpOk, eventually } from '../support/test-cluster';
import { AGAIN_SEC, APP_SERVERS, REPEAT, WHOLE_SEC, bed, cluster, figures, live, requireIntact } from './context';
import { fillDisk, makeRoom } from './small-disks';

interface Fault {
  readonly what: string;
  /** What happens to the primary's container, and how that ends once writers are acknowledged again. */
  readonly around: (container: string, during: () => Promise<void>) => Promise<void>;
  /** How often another member acknowledges, at the most and at the least. */
  readonly handovers: readonly number[];
  readonly againWithinSec?: number;
}

const MIRROR_PORT = 2188;
const ARBITER = bed.container('arbiter');

const memberIn = (container: string): string => container.slice(cluster.name.length + 1);
const otherThan = (container: string): string => bed.container(bed.other(memberIn(container)));

const SOME: readonly Fault[] = [
  {
    what: 'the primary is killed',
    around: async (container, during) => {
      await docker(['kill', container]);
      await during();
      await docker(['start', container]);
    },
    handovers: [1],
  },
  { what: 'the primary is paused', around: pause, handovers: [1] },
  {
    what: 'the primary is cut off from everybody',
    around: (container, during) => partition(cluster.name, container, during),
    handovers: [1],
  },
];

const MORE: readonly Fault[] = [
  {
    what: 'GT.CM of the primary is killed',
    around: async (container, during) => {
      await killInside(container, 'gtcm_gnp_server');
      await during();
    },
    // It starts again by itself, mostly before the other one may take over.
    handovers: [0, 1],
  },
  {
    what: 'the main process of the primary is killed',
    around: async (container, during) => {
      await killMainProcess(container);
      await during();
    },
    handovers: [0, 1],
  },
  {
    what: 'the primary is cut off from its backup',
    around: (container, during) => cutOff(cluster.name, container, [otherThan(container)], during),
    handovers: [0],
  },
  {
    what: 'the primary is cut off from the arbiter',
    around: (container, during) => cutOff(cluster.name, container, [ARBITER], during),
    handovers: [0],
  },
  {
    what: 'the primary is cut off from its backup and the arbiter',
    around: (container, during) => cutOff(cluster.name, container, [otherThan(container), ARBITER], during),
    handovers: [1],
  },
  {
    what: 'the primary is cut off from the application servers for 6 s',
    around: async (container, during) => {
      const clients = APP_SERVERS.map(server => bed.container(server));
      await cutOff(cluster.name, container, clients, () => sleep(6));
      await during();
    },
    handovers: [0],
  },
  {
    what: 'the disk of the primary is full',
    around: async (container, during) => {
      try {
        await fillDisk(container, 'the other member is the primary', async () => {
          const { mirror } = await bed.member(bed.other(memberIn(container)));
          return mirror.role === 'primary';
        });
        await during();
      } finally {
        await makeRoom(container);
      }
      // GT.M may have ended replication of a database whose journal it could not write.
      const reason = await eventually('the member is back, or says how it comes back', 60, async () => {
        const { state, reason } = await bed.member(memberIn(container));
        return state === 'Normal' || reason.includes('ecp-node seed replaces what it has') ? reason : undefined;
      });
      if (reason !== '') await ecpOk(cluster, ['exec', memberIn(container), 'seed']);
    },
    handovers: [1],
  },
  {
    what: '10 % packet loss and 200 ms round trip between the members, for 20 s',
    around: async (container, during) => {
      const link = new BadLink(MIRROR_PORT);
      await link.start(cluster.name, otherThan(container), [container]);
      try {
        await sleep(20);
      } finally {
        await link.end();
      }
      await during();
    },
    handovers: [0, 1],
    againWithinSec: 40,
  },
];

/** Whatever happens to the primary, writes are acknowledged again soon, and none of before is lost. */
export function failovers(): void {
  for (const { what, around, handovers, againWithinSec = AGAIN_SEC } of IS_ON_DEMAND ? [...SOME, ...MORE] : SOME)
    live(what, async () => {
      const times: number[] = [];
      let acknowledged = 0;
      for (let round = 0; round < REPEAT; round++) {
        const before = await bed.whole(WHOLE_SEC);
        let comesBack: Promise<void> = Promise.resolve();
        let comeBack = (): void => undefined;
        const isFollowed = new Promise<void>(resolve => (comeBack = resolve));
        const phase = await bed
          .during(
            () =>
              new Promise<void>((resolve, reject) => {
                comesBack = around(bed.container(before), () => {
                  resolve();
                  return isFollowed;
                });
                comesBack.catch(reject);
              }),
            againWithinSec,
            async () => {
              comeBack();
              await comesBack;
              const after = await bed.whole(WHOLE_SEC);
              if (handovers.length === 1) expect(after).toBe(handovers[0] === 1 ? bed.other(before) : before);
            },
          )
          .finally(comeBack);
        times.push(phase.firstAck);
        acknowledged += await requireIntact(phase, handovers);
      }
      const promise = `0 lost, written again within ${againWithinSec} s`;
      figures.add(what, promise, `${spread(times)}; ${acknowledged} acknowledged, 0 lost`);
    });
}
