import type { TerraformResource, TerraformStack } from 'cdktf';

/** The oldest releases that the constructs were measured with, and the next ones that may break them. */
const MEASURED = {
  docker: { from: '4.6.0', below: '5.0.0' },
  tls: { from: '4.1.0', below: '5.0.0' },
};

/**
 * Makes a stack ask for provider versions that the constructs were measured with, and that know all that its bindings can write. The
 * bindings themselves pin one version each; those of cdktf docker 3.6.2, with which a plan deletes a stopped container and a changed port
 * replaces servers. Call it after the providers were made. A stack without a tls provider is asked for one anyway: it is fetched, and not
 * used.
 */
export function requireProviderVersions(stack: TerraformStack): void {
  // Providers, resources and data sources have it.
  const bindings = stack.node
    .findAll()
    .flatMap(each => (each as Partial<TerraformResource>).terraformGeneratorMetadata ?? []);
  for (const [name, { from, below }] of Object.entries(MEASURED)) {
    const madeFrom = bindings.filter(each => each.providerName === name).map(each => each.providerVersion ?? from);
    const newest = [from, ...madeFrom].sort(byVersion).at(-1)!;
    stack.addOverride(`terraform.required_providers.${name}.version`, `>= ${newest}, < ${below}`);
  }
}

function byVersion(one: string, other: string): number {
  return one.localeCompare(other, 'en', { numeric: true });
}
