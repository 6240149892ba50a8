import { docker, tryDocker } from '../support/faults';
import { LoopDisk } from '../support/loop-disk';
import { IS_ON_DEMAND } from '../support/repetitions';
import { VOLUMES } from './context';

const BYTES = 256 * 1024 * 1024;
const OF_THE_SERVERS = ['-E', 'root_owner=51773:51773'];

/** Data volumes that can be filled without filling the host's disk, where that is asked for: each member's is a file system of its own. */
export function smallDisks(): { make(): Promise<void>; remove(): Promise<void> } {
  const disks = IS_ON_DEMAND ? VOLUMES.map(volume => ({ volume, disk: new LoopDisk(volume) })) : [];
  return {
    make: async () => {
      for (const { volume, disk } of disks) {
        const reason = await disk.reasonAgainst();
        if (reason) throw new Error(`no disk can be filled here: ${reason}`);
        const device = await disk.make(BYTES, OF_THE_SERVERS);
        await docker([
          'volume',
          'create',
          '--driver',
          'local',
          '--opt',
          'type=ext4',
          '--opt',
          `device=${device}`,
          volume,
        ]);
      }
    },
    remove: async () => {
      for (const { volume, disk } of disks) {
        await tryDocker(['volume', 'rm', '--force', volume]);
        await disk.remove();
      }
    },
  };
}
