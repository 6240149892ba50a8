import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../../cli/process';
import { must } from './test-cluster';

/** An ext4 file system of limited size in a file, on a loop device of its own. */
export class LoopDisk {
  private folder?: string;
  private device?: string;

  /** @param parent Folder of the file: in memory the disk is as fast as the machine is idle or not. */
  public constructor(
    private readonly name: string,
    private readonly parent = tmpdir(),
  ) {}

  /** Why there can be none on this machine. */
  public async reasonAgainst(): Promise<string | undefined> {
    if (process.getuid?.() !== 0) return 'a loop device needs root';
    const found = await run('losetup', ['--find'], { timeoutSec: 15 });
    return found.code === 0 ? undefined : `there is no loop device (${found.stderr.trim()})`;
  }

  /**
   * @param more Options of mkfs.ext4.
   * @returns the device, in place of an earlier one.
   */
  public async make(bytes: number, more: readonly string[] = []): Promise<string> {
    await this.remove();
    this.folder = mkdtempSync(join(this.parent, `${this.name}-disk-`));
    const file = join(this.folder, 'ext4');
    writeFileSync(file, '');
    truncateSync(file, bytes);
    must(await run('mkfs.ext4', ['-q', '-F', '-m', '0', ...more, file], { timeoutSec: 60 }), 'mkfs.ext4');
    this.device = must(await run('losetup', ['--find', '--show', file], { timeoutSec: 15 }), 'losetup').trim();
    return this.device;
  }

  public async remove(): Promise<void> {
    if (this.device) await run('losetup', ['--detach', this.device], { timeoutSec: 15 });
    if (this.folder) rmSync(this.folder, { recursive: true, force: true });
    this.device = this.folder = undefined;
  }
}
