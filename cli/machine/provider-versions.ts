/** A Terraform provider that the project uses and can build by itself. */
export interface PinnedProvider {
  /** Namespace and type, as in `hashicorp/tls`. */
  readonly source: string;
  /** The release that providers/go.mod pins. */
  readonly version: string;
  /** The constraint that the stacks are synthesized with. */
  readonly constraint: string;
  /** Main package, a tool of providers/go.mod. */
  readonly goPackage: string;
}

export const PINNED_PROVIDERS: readonly PinnedProvider[] = [
  {
    source: 'kreuzwerker/docker',
    version: '4.6.0',
    constraint: '>= 4.6.0, < 5.0.0',
    goPackage: 'github.com/terraform-providers/terraform-provider-docker',
  },
  {
    source: 'hashicorp/tls',
    version: '4.2.1',
    constraint: '>= 4.1.0, < 5.0.0',
    goPackage: 'github.com/hashicorp/terraform-provider-tls',
  },
];
