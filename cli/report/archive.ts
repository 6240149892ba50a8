import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from '../process';
import { UserError } from '../terminal';

/**
 * Writes texts into an archive that only its owner may read.
 *
 * @param folder Name of the folder that they are in.
 * @throws UserError when the file cannot be written.
 */
export async function writeArchive(path: string, folder: string, contents: ReadonlyMap<string, string>): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'ecp-report-'));
  try {
    for (const [name, text] of contents) {
      const file = join(scratch, folder, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    const archive = join(scratch, 'report.tar.gz');
    const { code, stderr } = await run('tar', ['-czf', archive, '-C', scratch, folder], { timeoutSec: 120 });
    if (code !== 0) throw new UserError(`tar could not make the archive: ${stderr.trim()}; install tar, or make room`);
    place(archive, path);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function place(archive: string, path: string): void {
  try {
    const before = statSync(path, { throwIfNoEntry: false });
    if (before && !before.isFile()) throw new Error(before.isDirectory() ? 'it is a folder' : 'it is not a file');
    // Private before it has anything in it, also where there was such a file.
    writeFileSync(path, '', { mode: 0o600 });
    chmodSync(path, 0o600);
    writeFileSync(path, readFileSync(archive));
  } catch (error) {
    throw new UserError(
      `'FILE' must name a file that can be written, got '${path}' (${(error as Error).message}); name another`,
      2,
    );
  }
}
