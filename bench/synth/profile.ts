import { Session, type Profiler } from 'node:inspector/promises';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROJECT = join(__dirname, '..', '..');

/** Parts of the time of a synthesis, which add up to 1. */
export interface Shares {
  /** This repository. */
  readonly ourMs: number;
  /** cdktf, constructs and the provider packages. */
  readonly libraryMs: number;
  /** Other packages, and what Node.js does for nobody in particular, such as collecting garbage. */
  readonly otherMs: number;
}

const INTERVAL_US = 100;

/** Begins to sample this process. @returns what ends it */
export async function startProfile(): Promise<() => Promise<Profiler.Profile>> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: INTERVAL_US });
  await session.post('Profiler.start');
  return async () => (await session.post('Profiler.stop')).profile;
}

/** Gives each sample to the file that runs; what runs inside Node.js to the file that called it. */
export function sharesOf({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): Shares {
  const parents = new Map<number, Profiler.ProfileNode>();
  for (const node of nodes) for (const child of node.children ?? []) parents.set(child, node);
  const owners = new Map<number, keyof Shares | 'idle'>();
  for (const node of nodes) {
    let at: Profiler.ProfileNode | undefined = node;
    while (at && !isFile(at)) at = parents.get(at.id);
    owners.set(node.id, node.callFrame.functionName === '(idle)' ? 'idle' : ownerOf(at?.callFrame.url));
  }
  const times = { ourMs: 0, libraryMs: 0, otherMs: 0, idle: 0 };
  samples.forEach((id, index) => (times[owners.get(id) ?? 'otherMs'] += timeDeltas[index] ?? 0));
  const { ourMs, libraryMs, otherMs } = times;
  const total = ourMs + libraryMs + otherMs;
  return { ourMs: ourMs / total, libraryMs: libraryMs / total, otherMs: otherMs / total };
}

function isFile({ callFrame: { url } }: Profiler.ProfileNode): boolean {
  return url.startsWith('file:') || url.startsWith('/');
}

function ownerOf(url: string | undefined): keyof Shares {
  if (url === undefined) return 'otherMs';
  const path = url.startsWith('file:') ? fileURLToPath(url) : url;
  if (/\/node_modules\/(cdktf|constructs|@cdktf)\//.test(path)) return 'libraryMs';
  return path.startsWith(PROJECT + sep) && !path.includes('/node_modules/') ? 'ourMs' : 'otherMs';
}
