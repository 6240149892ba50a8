import { docker, tryDocker } from '../support/faults';
import { LoopDisk } from '../support/loop-disk';
import { IS_ON_DEMAND } from '../support/repetitions';
import { eventually } from '../support/test-cluster';
import { VOLUMES } from './context';

const BYTES = 256 * 1024 * 1024;
const OF_THE_SERVERS = ['-E', 'root_owner=51773:51773'];

const BALLAST = '/durable/ballast';

/** Keeps a member's disk full until so it is: GT.M has some room already, and a member deletes old journals. */
export async function fillDisk(container: string, what: string, isSo: () => Promise<boolean>): Promise<void> {
  const fill = `dd if=/dev/zero of=${BALLAST} oflag=append conv=notrunc bs=64k status=none`;
  await eventually(what, 120, async () => {
    await tryDocker(['exec', container, 'bash', '-c', fill]);
    return (await isSo()) || undefined;
  });
}

/** The member may be starting again. */
export async function makeRoom(container: string): Promise<void> {
  await eventually('there is room', 30, async () => {
    const { code } = await tryDocker(['exec', container, 'rm', '-f', BALLAST]);
    return code === 0 || undefined;
  });
}

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
