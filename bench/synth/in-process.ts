/** One synthesis in a process of its own, as JSON on standard output; the settings come from the environment. `--profile` adds shares. */
import { createRequire } from 'node:module';
import { sharesOf, startProfile, type Shares } from './profile';

/** What one synthesis took. */
export interface InProcess {
  /** Loading the app and all that it imports. */
  readonly importMs: number;
  /** The call of `synthesize`, in a process that has not made one before. */
  readonly synthesizeMs: number;
  readonly shares?: Shares;
}

async function main(): Promise<void> {
  const start = performance.now();
  const { synthesize } = createRequire(__filename)('../../app/synthesize') as typeof import('../../app/synthesize');
  const imported = performance.now();
  const stop = process.argv.includes('--profile') ? await startProfile() : undefined;
  const begun = performance.now();
  synthesize();
  const synthesizeMs = performance.now() - begun;
  const shares = stop && sharesOf(await stop());
  const found: InProcess = { importMs: imported - start, synthesizeMs, shares };
  console.log(JSON.stringify(found));
}

void main();
