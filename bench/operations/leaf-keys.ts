import { readStack } from '../../cli/terraform/stack-file';
import { isAuthorityId, ownerOfKey } from '../../contract/pki';

/**
 * Options that make Terraform replace the keys of all servers, and with them certificates and deliveries: what `./ecp rotate` replaces
 * (cli/rotation/rotation.ts). The authority's key stays.
 */
export function replaceLeafKeys(stackDirectory: string): string[] {
  return Object.entries(readStack(stackDirectory).resource.tls_private_key ?? {})
    .filter(([, { '//': remark }]) => !isAuthorityId(ownerOfKey(remark.metadata.path) ?? ''))
    .map(([name]) => `-replace=tls_private_key.${name}`);
}
