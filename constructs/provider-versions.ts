import { Annotations, TerraformStack, type TerraformResource } from 'cdktf';
import type { Construct } from 'constructs';

/** The oldest releases that the constructs were measured with, and the next ones that may break them. */
const MEASURED = {
  docker: { from: '4.6.0', below: '5.0.0' },
  tls: { from: '4.1.0', below: '5.0.0' },
};

const GUARDED = new WeakSet<TerraformStack>();

/** Versions that a stack asks for because of `requireProviderVersions`. */
const REQUIRED = new WeakMap<TerraformStack, Readonly<Record<string, string>>>();

/**
 * Makes a stack ask for provider versions that the constructs were measured with, and that know all that its bindings can write. The
 * bindings themselves pin one version each; those of cdktf docker 3.6.2, with which a plan deletes a stopped container and a changed port
 * replaces servers. Call it after the providers were made. A stack without a tls provider is asked for one anyway: it is fetched, and not
 * used. `useSetUp` does it too. What you have overridden yourself stays.
 */
export function requireProviderVersions(stack: TerraformStack): void {
  for (const name of Object.keys(MEASURED) as (keyof typeof MEASURED)[]) requireVersion(stack, name);
}

/** Warns at synth of a stack with servers whose bindings ask for a provider that is older, when nothing in it says otherwise. */
export function guardProviderVersions(scope: Construct): void {
  const stack = TerraformStack.of(scope);
  if (GUARDED.has(stack)) return;
  GUARDED.add(stack);
  stack.node.addValidation({
    validate: () => {
      for (const name of Object.keys(MEASURED) as (keyof typeof MEASURED)[]) warnOf(stack, name);
      return [];
    },
  });
}

function warnOf(stack: TerraformStack, name: keyof typeof MEASURED): void {
  const { from } = MEASURED[name];
  const pinned = bindingsOf(stack, name).find(({ providerVersion = from }) => byVersion(providerVersion, from) < 0);
  if (!pinned || overrideOf(stack, name) !== undefined) return;
  Annotations.of(stack).addWarning(
    `the bindings ask for provider ${name} ${pinned.providerVersion}, older than ${from}, with which servers were measured${name === 'docker' ? ': its plans delete stopped containers' : ''}; call requireProviderVersions(stack), or useSetUp(stack)`,
  );
}

function requireVersion(stack: TerraformStack, name: keyof typeof MEASURED): void {
  const { from, below } = MEASURED[name];
  const madeFrom = bindingsOf(stack, name).map(each => each.providerVersion ?? from);
  const newest = [from, ...madeFrom].sort(byVersion).at(-1)!;
  const version = `>= ${newest}, < ${below}`;
  const own = REQUIRED.get(stack);
  if (![undefined, own?.[name]].includes(overrideOf(stack, name))) return;
  REQUIRED.set(stack, { ...own, [name]: version });
  stack.addOverride(`terraform.required_providers.${name}.version`, version);
}

/** Providers, resources and data sources say what they were generated from. */
function bindingsOf(
  stack: TerraformStack,
  name: string,
): NonNullable<TerraformResource['terraformGeneratorMetadata']>[] {
  return stack.node
    .findAll()
    .flatMap(each => (each as Partial<TerraformResource>).terraformGeneratorMetadata ?? [])
    .filter(({ providerName }) => providerName === name);
}

function overrideOf(stack: TerraformStack, name: string): string | undefined {
  const { rawOverrides } = stack as unknown as { readonly rawOverrides?: Overrides };
  return rawOverrides?.terraform?.required_providers?.[name]?.version;
}

interface Overrides {
  readonly terraform?: { readonly required_providers?: Readonly<Record<string, { readonly version?: string }>> };
}

function byVersion(one: string, other: string): number {
  return one.localeCompare(other, 'en', { numeric: true });
}
