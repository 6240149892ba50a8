import { linkProviders } from './link-providers';
import { inOneSentence, placeStack } from './stack-place';
import { forget, recall, remember, type Occasion } from './synthesis-memory';
import type { Synthesized } from './synthesize';
import { watchFiles } from './watch-files';
import type { SynthesizeOptions, WrittenStack } from './write-stack';

/**
 * As `synthesize`, but a stack that is there already, and of which nothing has changed that a synthesis reads, stays as it is: then neither
 * cdktf nor the classes of providers are loaded.
 *
 * @throws SettingsError with one sentence when a setting breaks a rule or a folder cannot be written.
 */
export async function synthesizeOnce(
  environment: NodeJS.ProcessEnv = process.env,
  options: SynthesizeOptions = {},
): Promise<Synthesized> {
  const place = placeStack(environment);
  const occasion: Occasion = { place, environment, options };
  const written = recall(occasion) ?? (await write(occasion));
  linkProviders(place.stackDirectory);
  return { ...place, ...written };
}

async function write(occasion: Occasion): Promise<WrittenStack> {
  const { place, environment, options } = occasion;
  // By `require`, as commands are loaded (cli/load-command.ts).
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { writeStack } = require('./write-stack') as typeof import('./write-stack.js');
  forget(place);
  const watched = inOneSentence(place.outputDirectory, environment, () =>
    watchFiles(() => writeStack(place, environment, options)),
  );
  remember(occasion, watched, Object.keys(require.cache));
  return watched.result;
}
