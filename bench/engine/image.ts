import { join } from 'node:path';
import { PROJECT } from '../../app/folders';
import { presentBaseImage } from '../../cli/machine/base-image';
import type { Notebook, Request } from '../measurement';
import { execute } from '../operations/step';

const TAG = 'ecp-bench-image';
const LIMIT_SEC = 900;

/** Measures the image of the rehearsal engine: its build with nothing and with everything in the cache, and its size. */
export async function measureImage(request: Request, notebook: Notebook): Promise<void> {
  const baseImage = await presentBaseImage();
  if (baseImage === undefined) throw new Error('the base image is not on this machine; run ./ecp setup first');
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(LIMIT_SEC * 1000)]);
  const build = (...options: string[]): Promise<string> => docker(signal, ...buildArguments(baseImage, options));
  const timed = async (run: number, action: string, ...options: string[]): Promise<void> => {
    notebook.progress(`${action}, run ${run} of ${request.runs}`);
    const start = performance.now();
    await build(...options);
    const value = (performance.now() - start) / 1000;
    notebook.record({ subject: 'image', action, servers: 0, quantity: 'wallSec', run, value });
  };
  try {
    if (request.quick) await build();
    for (let run = 1; run <= request.runs; run++) {
      if (!request.quick) await timed(run, 'build cold', '--no-cache');
      await timed(run, 'build cached');
    }
    const value = Number(await docker(signal, 'image', 'inspect', '--format', '{{.Size}}', TAG)) / 1e6;
    notebook.record({ subject: 'image', action: 'size', servers: 0, quantity: 'sizeMb', run: 1, value });
  } finally {
    await docker(AbortSignal.timeout(60_000), 'image', 'rm', '--force', TAG);
  }
}

/** Arguments for docker; the builder without BuildKit, which every engine has and whose cache is all its own. */
export function buildArguments(baseImage: string, options: readonly string[]): string[] {
  const context = join(PROJECT, 'images', 'rehearsal');
  return ['build', '--quiet', '--build-arg', `BASE_IMAGE=${baseImage}`, '--tag', TAG, ...options, context];
}

function docker(signal: AbortSignal, ...args: string[]): Promise<string> {
  return execute({ program: 'docker', args, env: { ...process.env, DOCKER_BUILDKIT: '0' } }, signal);
}
