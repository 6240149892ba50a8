import { LABELS } from '../../contract/contract';
import { UserError } from '../terminal';
import { docker, spawnDocker, tryDocker } from './docker';

const PLACE = '/volume';

/** Both engines write it into their data volume before anything else. */
const MARK = '.ecp-engine';

const LOOK_SEC = 30;

/** Role, by its label, of the container that looks. */
export const LOOK_ROLE = 'look';

/** What a data volume holds: what a data server wrote, nothing, or something of somebody else's. */
export type DataVolumeContents = 'data' | 'nothing' | { readonly foreign: string };

/**
 * Looks into a volume that was made to hold a cluster's data, wherever the Docker daemon runs: through a container that is never started,
 * of an image without a file, so that no image has to be there.
 *
 * @throws UserError when Docker cannot look.
 */
export async function lookIntoDataVolume(
  { cluster, engine }: { readonly cluster: string; readonly engine: string },
  volume: string,
): Promise<DataVolumeContents> {
  const imported = await tryDocker(['import', '-'], { input: '\0'.repeat(1024), timeoutSec: LOOK_SEC });
  if (imported.code !== 0)
    throw new UserError(`the volume '${volume}' cannot be looked into: ${imported.stderr.trim()}`);
  const image = imported.stdout.trim();
  let container: string | undefined;
  try {
    const mount = `type=volume,source=${volume},target=${PLACE},readonly,volume-nocopy`;
    // With the labels it counts as a leftover, should this process end here.
    const labels = [`${LABELS.cluster}=${cluster}`, `${LABELS.engine}=${engine}`, `${LABELS.role}=${LOOK_ROLE}`];
    const options = ['--network', 'none', '--mount', mount, ...labels.flatMap(label => ['--label', label])];
    container = (await docker(['create', ...options, image, 'none'], LOOK_SEC)).trim();
    const mark = await tryDocker(['cp', `${container}:${PLACE}/${MARK}`, '-'], { timeoutSec: LOOK_SEC });
    if (mark.code === 0) return 'data';
    const foreign = await firstEntry(container);
    return foreign === undefined ? 'nothing' : { foreign };
  } finally {
    if (container !== undefined) await tryDocker(['rm', '--force', container], { timeoutSec: LOOK_SEC });
    await tryDocker(['image', 'rm', image], { timeoutSec: LOOK_SEC });
  }
}

/** Name of something in the volume, from the head of its archive: the whole may be large. */
async function firstEntry(container: string): Promise<string | undefined> {
  const child = spawnDocker(['cp', `${container}:${PLACE}`, '-']);
  child.stdin.end();
  const timer = setTimeout(() => child.kill('SIGKILL'), LOOK_SEC * 1000);
  const chunks: Buffer[] = [];
  let words = '';
  child.on('error', error => (words += error.message));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (words += text));
  try {
    for await (const chunk of child.stdout) {
      chunks.push(chunk as Buffer);
      const found = entryIn(Buffer.concat(chunks));
      if (found !== undefined) return found;
    }
  } finally {
    clearTimeout(timer);
    child.kill('SIGKILL');
  }
  if (chunks.length === 0) throw new UserError(`docker cp failed: ${words.trim() || 'it did not answer'}`);
  return undefined;
}

const BLOCK_BYTES = 512;

/**
 * Name of the first entry of a tar archive's head, below its topmost folder. `lost+found`, which a file system of its own has, does not count.
 *
 * @returns undefined when there is none so far.
 */
export function entryIn(archive: Buffer): string | undefined {
  for (let at = 0; at + BLOCK_BYTES <= archive.length;) {
    const text = (from: number, length: number): string =>
      archive
        .subarray(at + from, at + from + length)
        .toString('utf8')
        .replace(/\0[^]*/, '');
    const name = text(0, 100);
    const type = text(156, 1);
    const bytes = parseInt(text(124, 12), 8) || 0;
    const [, ...below] = name.split('/').filter(Boolean);
    // Types x, g and L only say more of the entry that follows.
    if (below.length > 0 && below[0] !== 'lost+found' && !/[xgL]/.test(type)) return below.join('/');
    at += BLOCK_BYTES * (1 + Math.ceil(bytes / BLOCK_BYTES));
  }
  return undefined;
}
