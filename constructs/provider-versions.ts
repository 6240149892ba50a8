import type { TerraformStack } from 'cdktf';

/**
 * Makes a stack ask for the provider versions that the constructs were measured with. The bindings themselves pin docker 3.6.2,
 * with which a plan deletes a stopped container and a changed port replaces servers, and tls 4.1.0. Call it after the
 * providers were made. A stack without a tls provider is asked for one anyway: it is fetched, and not used.
 */
export function requireProviderVersions(stack: TerraformStack): void {
  stack.addOverride('terraform.required_providers.docker.version', '>= 4.6.0, < 5.0.0');
  stack.addOverride('terraform.required_providers.tls.version', '>= 4.1.0, < 5.0.0');
}
