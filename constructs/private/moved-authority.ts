import type { SelfSignedCert } from '@cdktf/provider-tls/lib/self-signed-cert';
import { Annotations, App, TerraformStack } from 'cdktf';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the last synth wrote of a stack's authorities. */
interface Written {
  readonly resource?: {
    readonly tls_self_signed_cert?: Readonly<Record<string, Authority>>;
  };
}

interface Authority {
  readonly subject?: readonly { readonly common_name?: string }[];
  readonly '//'?: { readonly metadata?: { readonly path?: string } };
}

/**
 * Warns at synth when an authority is elsewhere in the tree of constructs than at the last one, so that an apply would recreate it and all
 * servers would lose their trust in each other at once. It sees only what the last synth left in the output folder.
 */
export function guardMovedAuthority(certificate: SelfSignedCert, commonName: string): void {
  certificate.node.addValidation({
    validate: () => {
      const before = authoritiesOf(TerraformStack.of(certificate)).filter(
        ([, { subject }]) => subject?.[0]?.common_name === commonName,
      );
      const [old] = before;
      if (!old || before.some(([id]) => id === certificate.friendlyUniqueId) || isMoved(certificate)) return [];
      const path = (of: string): string => of.split('/').slice(1, -1).join('/');
      Annotations.of(certificate).addWarning(
        `'${commonName}' was at '${path(old[1]['//']?.metadata?.path ?? '')}' and is at '${path(certificate.node.path)}' now: an apply makes a new authority, and no server trusts another until all have its certificates; call movedFrom with the construct that you moved and its old path`,
      );
      return [];
    },
  });
}

function authoritiesOf(stack: TerraformStack): [string, Authority][] {
  const file = join(App.of(stack).outdir, 'stacks', stack.node.id, 'cdk.tf.json');
  if (!existsSync(file)) return [];
  const written = JSON.parse(readFileSync(file, 'utf8')) as Written;
  return Object.entries(written.resource?.tls_self_signed_cert ?? {});
}

function isMoved(certificate: SelfSignedCert): boolean {
  const { moved = [] } = certificate.toTerraform() as { readonly moved?: readonly object[] };
  return moved.length > 0;
}
