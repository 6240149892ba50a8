import { existsSync, readFileSync, statSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { UserError } from '../terminal';

/** For an apply of another shell to end, such as a scheduled renewal, or a Terraform whose `./ecp` was killed. */
export const PATIENCE_SEC = 300;

/**
 * Waits until no Terraform holds the lock of a local state. `./ecp` must ask before it removes what the state does not know: a
 * running apply makes things that the state does not know yet. Linux tells who holds a lock; elsewhere nothing is waited for.
 *
 * @throws UserError naming the process that still holds the lock when the time is up
 */
export async function awaitStateLock(
  stateFile: string,
  patienceSec = PATIENCE_SEC,
  locks = '/proc/locks',
): Promise<void> {
  const end = Date.now() + patienceSec * 1000;
  for (let told = false; existsSync(stateFile) && existsSync(locks); told = true) {
    const holder = holderOf(readFileSync(locks, 'utf8'), statSync(stateFile).ino);
    if (holder === undefined) return;
    if (Date.now() >= end)
      throw new UserError(
        `the Terraform state '${stateFile}' is locked by the process ${holder}, which works on the same cluster: wait for its end, then run ./ecp again`,
      );
    if (!told) console.error(`Waiting for the process ${holder}, which works on the same cluster`);
    await setTimeout(500);
  }
}

/**
 * Id of the process that may write a file, by its POSIX lock; Terraform's local backend takes one on the state. The device is not
 * compared: on Btrfs and in a container's overlay stat(2) tells another one than /proc/locks, and a lock that is missed costs more than
 * a wait for a file of the same inode elsewhere.
 */
export function holderOf(locks: string, inode: number): string | undefined {
  const lock = new RegExp(`^\\d+: POSIX .* WRITE +(\\d+) \\w+:\\w+:${inode} `, 'm').exec(locks);
  return lock?.[1];
}
