import { App, type TerraformStack } from 'cdktf';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { linkProviders } from '../contract/provider-mirror';
import { Refusal } from '../contract/refusal';
import { FACTS_FILE, PROVIDERS_FOLDER } from '../contract/set-up';
import { PACKAGE_FOLDER } from './private/package-folder';
import { setRehearsalBase } from './private/set-ups';
import { requireKnown } from './private/validate';
import { requireProviderVersions } from './provider-versions';

/** Options of `useSetUp`. */
export interface SetUpOptions {
  /**
   * Folder of a clone of the project in which `./ecp setup` or `./ecp up` has run on this machine.
   *
   * @default - the clone that the constructs are in; the package in `node_modules` is in none
   */
  readonly clone?: string;
}

/**
 * Lets a stack of your own be deployed with what `./ecp setup` made where no registry answers: providers for Terraform, and a base for
 * images of this package. It asks for provider versions as `requireProviderVersions` does. Call it before the first cluster or image.
 *
 * @throws Error when `clone` is no clone, or an image was made before.
 *
 * @example
 * useSetUp(stack, { clone: '/srv/iris-ecp' });
 */
export function useSetUp(stack: TerraformStack, options: SetUpOptions = {}): void {
  const { clone = PACKAGE_FOLDER } = options;
  requireKnown('clone', clone);
  if (!existsSync(join(clone, 'package.json')) || (options.clone !== undefined && !existsSync(join(clone, 'ecp'))))
    throw new Refusal(
      `'clone' must be the folder of a clone of this project, where './ecp setup' runs, got '${clone}'; correct it`,
    );
  const base = baseImageOf(clone);
  if (base !== undefined) setRehearsalBase(stack, base);
  requireProviderVersions(stack);
  // Before the stack is written, and in a test of it not at all.
  stack.node.addValidation({
    validate: () => {
      // Its bindings may be newer.
      requireProviderVersions(stack);
      const folder = join(App.of(stack).outdir, 'stacks', stack.node.id);
      linkProviders(resolve(folder), resolve(clone, PROVIDERS_FOLDER));
      return [];
    },
  });
}

function baseImageOf(clone: string): string | undefined {
  const file = join(clone, FACTS_FILE);
  if (!existsSync(file)) return undefined;
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly rehearsalBaseImage?: string }).rehearsalBaseImage;
}
