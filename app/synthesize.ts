import { linkProviders } from './link-providers';
import { inOneSentence, placeStack, type StackPlace } from './stack-place';
import { writeStack, type SynthesizeOptions, type WrittenStack } from './write-stack';

/** What `synthesize` made, for those who run Terraform on it. */
export type Synthesized = StackPlace & WrittenStack;

/**
 * Puts providers, backend, one cluster and its outputs into one stack, `<cluster>-<engine>`, and writes it out.
 *
 * @throws SettingsError with one sentence when a setting breaks a rule or a folder cannot be written.
 */
export function synthesize(environment: NodeJS.ProcessEnv = process.env, options: SynthesizeOptions = {}): Synthesized {
  const place = placeStack(environment);
  const written = inOneSentence(place.outputDirectory, environment, () => writeStack(place, environment, options));
  linkProviders(place.stackDirectory);
  return { ...place, ...written };
}
